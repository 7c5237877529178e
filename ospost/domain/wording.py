"""Lateness, tries and gaps as a person says them."""

MILLISECONDS_UNTIL = 10_000
SECONDS_UNTIL = 120
MINUTES_UNTIL = 120
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


def lateness_words(milliseconds: int) -> str:
    """Return '12 ms after its time', or seconds, minutes and hours where it is more."""
    if milliseconds < MILLISECONDS_UNTIL:
        return f"{milliseconds:,} ms after its time"
    seconds = round(milliseconds / 1000)
    if seconds < SECONDS_UNTIL:
        return f"{seconds} s after its time"
    minutes = round(seconds / 60)
    if minutes < MINUTES_UNTIL:
        return f"{minutes} min after its time"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min after its time" if minutes else f"{hours} h after its time"


def try_words(failed_tries: int, *, at: str) -> str:
    """Return when the next try is and which it is: 'Trying again at 9:05, third try.'.

    *at* is the clock of the next try, "" while it is being made.
    """
    number = failed_tries + 1
    which = f"{ORDINALS[number - 1]} try" if number <= len(ORDINALS) else f"try {number}"
    return f"Trying again at {at}, {which}." if at else f"Trying again now, {which}."


def gap_words(seconds: int) -> str:
    """Return how far apart posts of a backlog go out: 'a minute apart'."""
    if seconds <= 0:
        return "one after another"
    if seconds == 60:
        return "a minute apart"
    if seconds % 60:
        return f"{seconds} seconds apart"
    return f"{seconds // 60} minutes apart"
