"""The scenarios of a worker under load, each with what it promises."""
