"""Makes the Guide; in `packaging/`, where torch, numpy, gguf and tokenizers are installed.

python -m guide train              train, then write resources/guide/guide.gguf
python -m guide export CHECKPOINT  write it from a checkpoint
python -m guide evaluate           ask the model all that it was not trained on, with llama-cpp-python
"""

from __future__ import annotations

import argparse
from pathlib import Path

from guide.facts import MODEL

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Run one of the commands."""
    arguments = _parser().parse_args()
    arguments.run(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m guide", description="Makes the Guide, the tiny model in the box.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    train = commands.add_parser("train", help="train, then write the model")
    train.add_argument("--folder", type=Path, default=ROOT / "build" / "guide", help="for the checkpoints")
    train.add_argument("--start", type=Path, help="the checkpoint after the first course, to repeat the second alone")
    train.set_defaults(run=_train)
    export = commands.add_parser("export", help="write the model from a checkpoint")
    export.add_argument("checkpoint", type=Path)
    export.set_defaults(run=_export)
    for command in (train, export):
        command.add_argument("--type", default="Q8_0", help="of the weights, such as F16 or Q4_0")
        command.add_argument("--output", type=Path, default=MODEL)
    evaluate = commands.add_parser("evaluate", help="ask the model all that it was not trained on")
    evaluate.add_argument("--model", type=Path, default=MODEL)
    evaluate.add_argument("--samples", type=int, default=1000)
    evaluate.add_argument("--misses", type=Path, help="where to write what went wrong")
    evaluate.set_defaults(run=_evaluate)
    return parser


def _train(arguments: argparse.Namespace) -> None:
    from guide.lessons import Mix
    from guide.train import Plan, run, write_gguf
    from guide.training import Course

    choosing = (Course(4500, round=3), Mix())
    reciting = (Course(1500, round=2, embedding_rate=2e-5, output_rate=1e-4, matrix_rate=5e-4), Mix(noise=0.6))
    checkpoint = run(Plan(arguments.folder, (choosing, reciting), start=arguments.start))
    write_gguf(checkpoint, arguments.output, arguments.type)


def _export(arguments: argparse.Namespace) -> None:
    from guide.train import write_gguf

    write_gguf(arguments.checkpoint, arguments.output, arguments.type)


def _evaluate(arguments: argparse.Namespace) -> None:
    from guide.evaluate import evaluated

    print(evaluated(arguments.model, arguments.samples, arguments.misses))


if __name__ == "__main__":
    main()
