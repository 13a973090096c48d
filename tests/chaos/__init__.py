"""Breaking things at random, for a given seed, while publishers keep confirming; then the ledger.

Nothing here but `mutants.py` knows the worker's code: it is run as its users run it, and judged by
what publishers confirmed, what the tables hold and what a subscriber saw.
"""
