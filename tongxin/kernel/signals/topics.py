"""Topics of the messages that signals put in the outbox."""

# A child is to be looked at at once; a child to be looked at within the time its rank allows.
CALLED, TO_LOOK_AT = "called", "to_look_at"
