"""How the bundled checkpoint was made, end to end, and how it is evaluated."""
