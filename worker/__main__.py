"""The entry point of the command `venue-worker`."""

from worker.cli.main import main

if __name__ == "__main__":
    main()
