"""Many questions about many documents: question files, the work list, rows, and their rendering.

`read_questions` reads a file of questions, `plan` pairs them with documents, `Answering` asks them,
and `render` writes the rows in a format for people or programs. `citrus batch` adds what a long run
needs besides: a journal, `--resume`, progress.
"""
