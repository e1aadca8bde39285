"""Notices that leave the house: e-mail, group robots, the calendar feed. Knows messages and rules, never a child."""
