"""What this project states of itself, measured: figures that only its own README needs.

    python -m tests.benchmarks                      # everything that is quick enough for an hour
    python -m tests.benchmarks facts sixty-facts    # some sections
    python -m tests.benchmarks --list

Run it in a checkout, with the `test` extra installed. What is measured goes, row by row, into
`results/figures.json` and the tables of `results/figures.md`, each row with its command, machine
and day; a row measured again replaces the one of before. Two of these commands at once share the
sections of policies between them: each takes what the other is not at.
"""
