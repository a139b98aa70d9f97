"""Thousands of recordings: solved, compared and reported, on the threads of one machine or on Apache Spark.

    python -m layerwatt.fleet manifest /shared/raw_data --manifest fleet/manifest
    python -m layerwatt.fleet solve --manifest fleet/manifest --out fleet
    python -m layerwatt.fleet solve --manifest fleet/manifest --out fleet --master spark://head:7077

Every recording is solved by the command `layerwatt` in a process of its own, with limits of time and
memory, and becomes one file named after its content. docs/scale.md tells more. Needs the extra
`layerwatt[fleet]`, and `layerwatt[spark]` for --master.
"""
