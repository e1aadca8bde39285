"""What tests, the bench and the command line share: throw-away servers."""
