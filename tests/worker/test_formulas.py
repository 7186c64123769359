"""How formulas are drawn."""

from __future__ import annotations

import pytest

from app.core.typeset_errors import FormulaBroken
from app.core.typeset_frames import Formula
from app.worker.formulas import draw


def test_what_stands_at_the_foot_of_a_nabla_stands_close_to_it():
    assert draw(1, Formula(r"\nabla_\theta L")).width == draw(2, Formula(r"\mathrm{\nabla}_\theta L")).width
    with pytest.raises(FormulaBroken):
        draw(3, Formula(r"\frac{a"))
