"""How a school takes a child's case on: levels, clocks, states, forms. A file of packs/schemes, read, checked and said in words."""
