"""What operators see: logs, health, metrics, the HTTP port."""
