"""What pages share: state, and one way to draw each kind of thing."""
