"""What travels between Python and CircleCI: requests described, answers decoded, no I/O."""
