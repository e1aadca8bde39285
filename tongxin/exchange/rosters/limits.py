"""What a file may cost us. One place, so that tests, sentences and documentation name the same figures."""

MOST_FILE_BYTES = 50 * 1024 * 1024
MOST_ENTRIES = 1_000  # parts inside a zip container
MOST_RATIO = 100  # unpacked : packed, of the whole container
RATIO_FREE_BYTES = 1024 * 1024  # a container that unpacks to less than this harms nobody, whatever its ratio
MOST_UNPACKED_BYTES = 1024 * 1024 * 1024

MOST_ROWS = 250_000
MOST_COLUMNS = 200
MOST_CELLS = 5_000_000
MOST_CELL_CHARACTERS = 32_767  # Excel's own limit
MOST_SHEETS = 200

CHILD_MEMORY_BYTES = 500 * 1024 * 1024
CHILD_SECONDS = 20  # processor time of the child
WAIT_SECONDS = 60  # wall time until its first answer: on a busy machine 20 seconds of work take longer
WHOLE_SECONDS = 120  # wall time until the last row, because the receiver may be slower than the child
HEAD_ROWS = 40  # rows of every sheet sent along for the choice of sheet and headings
MOST_MARKS = 200_000  # formula and error cells remembered by place
