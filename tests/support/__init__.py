"""What tests share: real services, worker processes, messages, an independent ledger."""
