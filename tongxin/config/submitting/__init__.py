"""What `tongxin bench submit` is made of: a hall full of pupils, the peers, and a client that sends their papers."""
