"""`parley chats export` and `import`: real processes, one data folder for each test."""

from __future__ import annotations

import json

from tests.exchange import builders


def test_a_chat_export_comes_in_and_goes_out_in_every_format(parley, tmp_path):
    source = builders.write_json(
        tmp_path / "c.json", [builders.claude(), builders.claude("c-2"), {"chat_messages": []}]
    )
    came = parley.run("chats", "import", str(source))
    assert came.code == 0
    assert "2 chats, 6 messages" in came.out
    assert "c.json, chat 3: This chat could not be read: it has no id." in came.err
    again = parley.run("chats", "import", str(source), "--json")
    assert (again.records[0]["added"], again.records[0]["present"]) == (0, 2)
    for name in ("a.md", "a.html", "a.json", "a.pdf"):
        done = parley.run("chats", "export", "1", "--to", str(tmp_path / name), "--json")
        assert (done.code, done.records[0]["conversations"]) == (0, 1)
        assert done.records[0]["bytes"] == (tmp_path / name).stat().st_size
    assert "A table." in (tmp_path / "a.md").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "a.json").read_text())["conversations"][0]["origin"] == "claude:c-1"
    everything = parley.run("chats", "export", "--all", "--format", "markdown", "--to", str(tmp_path / "folder"))
    assert everything.code == 0
    assert len(list((tmp_path / "folder").iterdir())) == 2


def test_wrong_use_and_what_cannot_be_done_is_said(parley, tmp_path):
    assert parley.run("chats", "export", "--to", "a.md").code == 2
    assert parley.run("chats", "export", "--all", "1", "--to", "a.md").code == 2
    assert parley.run("chats", "export", "--all", "--to", str(tmp_path / "x.zip")).code == 2
    missing = parley.run("chats", "export", "7", "--to", str(tmp_path / "a.md"))
    assert (missing.code, "There is no chat 7." in missing.err) == (1, True)
    assert not (tmp_path / "a.md").exists()
    nothing = parley.run("chats", "import", str(tmp_path))
    assert (nothing.code, "No chat that Parley can read" in nothing.err) == (1, True)
