<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>AccessBar</name>
    <message>
        <source>Enter a token…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open its page…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AttachmentChips</name>
    <message>
        <source>Attached files</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>BackupsDialog</name>
    <message>
        <source>Back up now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Backed up: {size}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Backups</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Before a restore</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Before an update</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>By you</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Conversations</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Conversations, folders and presets become what they were then. What there is now is backed up first, so that you can come back to it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Daily</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Damaged</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go back to {when}?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Made</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parley closes for a moment and opens again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parley makes one every day: the last seven days and four weeks are kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restore</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restore…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no backup yet. Parley makes one every day.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Why</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CardDialog</name>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model card</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ChatPage</name>
    <message>
        <source>Choose a model to begin</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Conversation copied</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Attach files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Message Parley</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Message deleted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Messages deleted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reply copied</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{memory} on {device}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{memory}, all {layers} layers on {device}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{memory}, {part} of {layers} layers on {device}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Chip</name>
    <message>
        <source>Remove {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{size} · about {tokens} tokens, estimated</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{size} · counting…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{size} · reading…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{size} · {tokens} tokens</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Composer</name>
    <message>
        <source>, nearly full</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Attach files…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Context</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{rate} tok/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{used} of {limit} tokens</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ConversationModel</name>
    <message>
        <source>A reply is being written</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Another window or program is answering here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder, closed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder, open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>More chats of this folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pinned</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Previous 7 days</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ConversationView</name>
    <message>
        <source>Open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rename</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Details</name>
    <message>
        <source>Architecture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ended by</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Engine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>File</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>First token after</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How this reply came to be.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Load</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Messages left out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Prompt</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Prompt tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quantization</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reads at most</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reply</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reply tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Seed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Template</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Thought for</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Written</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>none</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not computed yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of these reused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the model&apos;s own</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>unknown</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DeviceLine</name>
    <message>
        <source>in {device}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>on the {device}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{used} of {total}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{used} of {total} in use while it runs</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DownloadRow</name>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clear</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connecting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connecting…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>More</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>More: {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move down</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move up</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pausing…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Repairing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Resume</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run next</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Verifying</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for its turn</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for the Hub</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} h left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} min left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} s left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{done} of {total}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{path}: {done} of {total}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{rate}/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{total}, verified</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DownloadsDialog</name>
    <message>
        <source>All together: {amount}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>At most {rate}/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel the download</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel {name}?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clear finished</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Downloads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No speed limit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Speed limit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There are no downloads.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{done} of {total}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{rate}/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{size} that have arrived are deleted. Pause keeps them.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DownloadsEntry</name>
    <message>
        <source>Downloads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Downloads · done</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Downloads · one failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Downloads · paused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Downloads · {percent} %</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Errand</name>
    <message>
        <source>Moving your data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restoring your conversations</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Saving what can be read</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ErrandDialog</name>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open Parley</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parley opens again when it is done.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Errors</name>
    <message>
        <source>A background process answered in a way Parley does not understand.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A message belongs to one conversation, but several were named.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A token begins with hf_; copy it whole from your account&apos;s settings.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Accept its terms at {address}, then enter a token from your account&apos;s settings.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Accept its terms or ask for access at {address}; once it is granted, try again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ask for a new reply instead.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Attach only the part that matters.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check its name; if it is private, enter a token of an account that may read it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check its rules: it needs one called “root”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check that it is there and that you may read it, then try again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check that its disk is connected and that you may read it, then try again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check the file&apos;s permissions, or choose another file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check the folder&apos;s permissions, or choose another folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check the folder&apos;s permissions, or set PARLEY_HOME to another folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check the permissions of {folder}, or set HF_TOKEN.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check your connection and try again; the models on this machine work without it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check your connection. What has arrived is kept, and the download goes on from there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a GGUF, GPTQ, AWQ or bitsandbytes variant of this model, or the unquantized one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a file that Parley exported, or compare it with one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a folder outside it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a folder outside {present}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a folder with a config.json and its .safetensors files.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a folder, or a file whose name ends in .zip.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a model file in GGUF format; its name usually ends in .gguf.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose an empty folder, or one that does not exist yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose another file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose another folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose another model, or update Parley.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose another name, or say that it may be overwritten.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose another name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose another one; nothing was changed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose another place, or check that you may write there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose another template for this model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose another value.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose other keys, or give that one another shortcut first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close other programs, choose a shorter context, or choose a smaller variant.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close the other program and try again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connect its disk and try again. To begin anew in the usual folder, delete {pointer}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connect its disk, or choose another folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Conversation {id} is being answered elsewhere at this moment.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete it with your file manager.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Do not use this repo.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download config.json and quantize_config.json again; those here may belong to another branch.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download it again, or choose another file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download it again, or look for another repo of this model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download it again, or unpack it and import its folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download the file to use it; its memory need can only be estimated.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download the missing files, then try again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download the model again from its page; that fetches the whole file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download the model again; its files seem to be of different versions.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Free some space on the disk that holds {folder}; Parley tries again in an hour.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Free some space or choose another folder. What has arrived is kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Free some space, or choose another disk.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Free some space, then go on; everything that arrived is kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Free some space; Parley keeps what it has and goes on when there is room.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Give it, on the command line as --var NAME=VALUE.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Have a conversation first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>If you trust it, unpack it and import its folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is kept as it is. Move it away to start anew, or put a copy of yours in its place.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is kept as it is. Restore a backup instead.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is not an export of conversations, or it was damaged.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is shown as it was written.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It may have been deleted meanwhile; open the conversation again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It may have expired: create a new one in your account&apos;s settings and enter it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It reads its own JSON, the exports of ChatGPT, Claude and Open WebUI, and the chats of LM Studio, Jan and GPT4All.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It was not put in place; what has arrived is kept. Try again later or on another network.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Leave the branch out to see all that there are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Leave the type out, or choose one of {known} for an unquantized model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look at the details; the file may be damaged, or too new for this version of Parley.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look at the repo&apos;s page for what it holds now. What has arrived is kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look for a GGUF variant of this model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look for a variant of this model in safetensors or GGUF.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look for the file anew on the Hub; what has arrived is kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look into probe.log in the folder for logs; installing Parley anew may help.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models quantized by {method} cannot be repacked.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move it away, or choose another folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move the program&apos;s whole folder instead.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name a GGUF file with --model FILE, or add one with “parley models add FILE”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name it by its number; see “parley chats folders list”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name the one it is in.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No conversation that Parley can read is in {file}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No model is chosen yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing can be written to {folder}: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing in {file} can be read any more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing is half done: start it again, and it goes on with what is missing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was changed. Check the disk you copy to, or choose another.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was made of it, since a model with a made-up weight would talk nonsense. Download it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was made of it. Download it again, or look for another repo of this model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was made of it. Download the model again, or look for another repo of it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was made of it. It may be of a newer form than this version of Parley knows.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only a reply that has begun can be continued.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a GGUF file first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open it in the program it comes from and save it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parley cannot write to {folder}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parley does not know where {file} came from, so it cannot mend it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parley keeps its data beside the program, in {folder}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Put it back, or choose the file where it is now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove or move it there; Parley only reads it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restart Parley; if you have just updated it, this is enough.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run it through text recognition (OCR) first, and attach what comes out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save a copy without the password and attach that.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save it anew, or attach a part of it as text.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>See /help, or begin with two slashes to send it as a message.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>See /help.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>See “parley backups list” for those there are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>See “parley chats folders list” for those there are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>See “parley chats list” for those there are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>See “parley chats trash” for what there is; it is kept for 30 days.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>See “parley models folders list” for those you have named.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>See “parley models list” for what there is.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>See “parley models variants {repo}” for what it has.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>See “parley presets list” for those there are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send it in parts, or only the part that matters.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send only its beginning, load the model with a longer context, or leave something out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Set an HTTP proxy in the system&apos;s settings, or none.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shorten the message, or load the model with a longer context.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Something went wrong inside Parley.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start Parley again; it knows the new place.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Text, code, Markdown, CSV, PDF and DOCX can be attached; save it as one of these.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The Hub announced {announced} for {file}, but has {real}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The PDF could not be made: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The architecture {architecture} cannot be repacked; Parley knows {known}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The archive {file} cannot be read: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The backup {file} is damaged, or is not one of Parley.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The backup {file} was made by a newer version of Parley.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The chat template “{template}” cannot render this conversation: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The checkpoint holds {tensor}, for which this architecture has no place ({count} of this kind).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The checkpoint is as it was. Try again; if it happens again, please report it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The checkpoint lacks {tensor}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The command is used as: {usage}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The conversation itself is kept; see “parley chats list”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The database {file} cannot be opened or read.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The database {file} is damaged.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The disk that holds {folder} is full.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The disk that holds {folder} is nearly full, so the download has paused.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The download stopped: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The engine stopped: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The folder {folder} is not there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The folder “{name}” cannot be moved into itself.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The grammar cannot be parsed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The header of {file} is longer than {limit}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The message has {characters} characters, but Parley takes at most {limit}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The message is empty.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model is still busy with another reply.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model stopped with an error while {activity}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The network is switched off for Parley by HF_HUB_OFFLINE.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The original is where it was; check the disk before you try again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The others are not affected.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The output cannot be written: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The preparation of the model stopped: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The preset “{name}” needs a value for {variables}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The proxy {proxy} cannot be used.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The repo has a file named “{file}”, which points outside its folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The result was thrown away, since {tensor} in it differs from the checkpoint: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The search stopped: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The settings file was damaged; Parley uses its defaults.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The token cannot be kept: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The tokenizer of this model cannot be carried over: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The type {type} cannot be made of this checkpoint: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The work stopped: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There are several folders called “{name}”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is a preset “{name}” already.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no backup {name}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no command {command}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no conversation {id}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no folder called “{name}”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no folder {id}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no message to answer again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no message {id} in this conversation.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no preset “{name}”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no repo {repo} on the Hub.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no {id} in the trash.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is not enough room in {folder}: {need} are needed, {free} are free.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is nothing to back up yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>They can be read, but not changed. Update Parley to go on writing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This conversation could not be read: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This formula cannot be drawn.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is not a token: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This message comes to {tokens} tokens, but the model reads at most {limit} at once.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This message needs at least {tokens} tokens, but the model reads at most {limit} at once.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This model scales its positions by “{kind}”, which cannot be carried over.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Today&apos;s backup of your conversations was left out: {need} are needed, {free} are free.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again in {seconds} seconds; with a token, more requests are allowed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again later.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again later. What has arrived is kept, and the download goes on from there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again, or attach it as text.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again, or export as HTML and print it from a browser.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again; if it happens again, load the model with a shorter context.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unset it and start Parley again; the models on this machine work without it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Update Parley first, or choose an older backup.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Update Parley, or save it with an older version of the program.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use it, or move it away to have it made anew.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Wait for it, or stop it first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Wait for it, or stop it there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Wait until that reply is done, or stop it there first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Wait until whatever writes to the folder is done, then try again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What has arrived is kept as it is. Try again later, or cancel the download and start it anew.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What has arrived is kept. Try again to go on from there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What it had written is kept. Send a message or try again to start it anew.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What it held is kept as {file}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What stood before came in. Export it again and import it once more; nothing comes in twice.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What was done is kept. Try again to go on from there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write one first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write owner/name, owner/name:branch, or paste the address of the model&apos;s page.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write something first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your account may not read the files of {repo} yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your conversations are kept in {folder}, but they are not there now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your conversations are safe. Please copy the details and report them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your conversations at {folder} are in use by another program.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your conversations were moved from {folder} to another folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your conversations were saved by a newer version of Parley.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>llama.cpp does not answer: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} conversations cannot be written as one {format} file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} arrived damaged twice: it is not what the Hub&apos;s checksum says.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} belongs to {program}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} cannot be read: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} cannot be used: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} cannot be written: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} changed while it was read.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} could not be copied faithfully.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} could not be loaded.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} could not be moved to the trash: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} could not be read: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} does not agree with the files it lists: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} has changed on the Hub since its download began.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} has version {version} of its format; Parley reads up to {known}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} holds no text; its pages may be scanned pictures.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} is a pickle: reading it would run a program that somebody else wrote.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} is already being downloaded by another window or command.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} is already being made by another window or command.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} is already in {folder}, but it is another file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} is already in {folder}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} is damaged or incomplete after {count} conversations.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} is damaged or incomplete: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} is empty.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} is nested more than {limit} levels deep.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} is no longer at {folder}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} is no model, or part of none.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} is not a GGUF model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} is not a file of presets: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} is not a text file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} is not, or no longer, in {repo}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} is of the architecture “{architecture}”, which this version of llama.cpp cannot run.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} is protected by a password.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} is there already.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} is too large: {size}, where at most {limit} can be attached.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} needs about {need} of memory, but only {free} is free.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} unpacks to more than {limit}, which no export of conversations does.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} was given up: reading it took too much {what}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{file} was not copied faithfully to {folder}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{folder} and the present data folder lie in one another.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{folder} cannot be a folder for models: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{folder} has {free} free, but {need} are needed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{folder} holds no model in safetensors: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{folder} is incomplete: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{folder} is not empty.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{folder} is not one of your folders for models.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{host} answered with an error: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{host} cannot be reached: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{host} does not accept your token.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{host} does not answer: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{host} has had too many requests from here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{host} refuses for now (status {status}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{keys} is already the shortcut for “{other}”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{option} cannot be {value}: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{repo} asks who you are before it lets anyone read its files.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{repo} has no branch “{branch}”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{repo} has no variant with files like “{pattern}”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{tensor} holds values that are not finite numbers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{tensor} is not packed as the configuration says: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{tensor} {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{text}” names no model on the Hub.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FileField</name>
    <message>
        <source>Choose…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FindBar</name>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find in this chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next (Enter)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not found</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Previous (Shift+Enter)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{current} of {count}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FitBar</name>
    <message>
        <source>{name}: {used} of {total} in use</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FitPanel</name>
    <message>
        <source>Context</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Context length</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How the conversation is kept: Q8_0 takes half the memory, Q4_0 a quarter.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>KV cache</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>KV in F16</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>KV in Q4_0</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>KV in Q8_0</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FoldersDialog</name>
    <message>
        <source>Add a folder for models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a folder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folders for models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Made with the first download</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New models go here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not there: is its disk connected?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parley looks for models in these folders. A folder that you remove here keeps its files.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use for new models</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FoldersEdit</name>
    <message>
        <source>A folder for models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a folder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use for new models</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Footer</name>
    <message>
        <source>, {free} free on disk</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download and chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model card</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parley cannot join the pieces of this file yet; choose another variant.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parley cannot run this format yet; choose a GGUF variant.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The disk has too little room: {size} are needed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{size} to download</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FoundPane</name>
    <message>
        <source>Best fits of the {count} most downloaded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Found on the Hub</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Good on this machine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Good to begin with</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No recommended model fits into the free memory. Close other programs, or search.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was found. Try fewer words, or another format.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ranked page by page, most downloaded first</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Searching…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What each model would need is estimated from its size, at about four bits per weight.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Header</name>
    <message>
        <source>About Parley</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy conversation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export all chats…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import chats…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>JSON, with everything…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Light</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Like the system</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Markdown…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>More</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing of this chat is written to disk. It is gone once you leave it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PDF…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rename</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the sidebar</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Temporary</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Temporary chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Web page (HTML)…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Help</name>
    <message>
        <source>About Parley</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Free software under the MIT licence. It uses llama.cpp and Qt.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Private conversations with language models on your own machine.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>KeysButton</name>
    <message>
        <source>None</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Press it, then the new keys. Backspace removes the shortcut, Esc keeps it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Press the keys…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>LedgerView</name>
    <message>
        <source>Clear the list</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parley has no account and sends no statistics. Chats never leave this machine. It speaks with a server only when you search for models or download one; each is noted here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Servers Parley spoke with</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>When</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Legend</name>
    <message>
        <source>KV cache</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>compute</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>other programs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>weights</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>LibraryDialog</name>
    <message>
        <source>Another file than on {day}; its checksum is noted now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Damaged. Parley does not know where it came from: download it again, as a whole.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Damaged. Repair fetches what is broken.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Damaged. Repair fetches {size} of it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete {name}?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folders…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Forget</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking at the folders…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models on this machine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move to another folder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move to {folder}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Moving, {percent} %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No checksum was known; it is noted now, for later checks.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Repair</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Repaired and verified.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Repairing, {percent} %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There are no models in the folders yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Verified: it is what it must be.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Verified: it is what it was on {day}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Verify</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Verifying, {percent} %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for its turn</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>from {program}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>last used {day}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>missing: {path}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} models, {total}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{size} go to the trash, from where they can be taken back.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>LibraryRow</name>
    <message>
        <source>More: {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop: {name}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Links</name>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Link</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open this link in the browser?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parley does not open links of this kind.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The name of this site has unusual letters: it is {host}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The part before “@” is not the site: it leads to {host}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This site has a number instead of a name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What is sent to this site can be read by others on the way.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MainView</name>
    <message>
        <source>Download done</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models in GGUF format (*.gguf *.GGUF);;All files (*)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a GGUF file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rename the chat chosen in the list</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop the reply</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name} is downloaded and verified.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{title} — Parley</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MessageEditor</name>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edit the message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its files stay attached.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The old words are kept beside the new ones.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MessageMenu</name>
    <message>
        <source>Answer once more</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Answer with another model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Answer with another preset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Branch into a new chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Continue</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete from here on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Version after</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Version before</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ModelButton</name>
    <message>
        <source>Choose a model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find a model…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Load options…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model: {name}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models on this machine…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a GGUF file…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unload</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>missing</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ModelOptionsDialog</name>
    <message>
        <source>As many as fit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Automatic ({tokens})</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chat template</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Context length, in tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dynamic (NTK)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Flash attention</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>KV cache</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Layers on the GPU</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Linear</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Load</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Load options</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Memory: at most {predicted} predicted, {measured} measured now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>None</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Off</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>On</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Position scaling</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scaling factor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model is loaded anew with these options, and they are kept for it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model was trained on {tokens} tokens.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model&apos;s own</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Threads</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MoveDialog</name>
    <message>
        <source>A folder for your data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a folder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Conversations, backups and the models in Parley&apos;s own folder move together. Everything is copied and compared first; only then the old folder is emptied. Parley closes while it works.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep your data in another folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move the data folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>None chosen yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Then</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Notice</name>
    <message>
        <source>Dismiss</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>NumberField</name>
    <message>
        <source>Never</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No limit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>minutes</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Picker</name>
    <message>
        <source>A shorter context or a smaller model may fit.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Best here because it is the finest variant that answers faster than you read, {room}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Best here because it is the finest variant that runs entirely on the GPU {room}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Best here because it is the finest variant that still answers faster than you read, {room}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Best here because it is the quickest variant of fair quality {room}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Between {low} and {high} tokens per second</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Computed from the model&apos;s sizes; llama.cpp itself has not been asked.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Does not fit: it needs {missing} more than is free.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Last run: predicted {predicted}, measured {measured}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Runs entirely on the GPU.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Runs on the CPU.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>all on GPU</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>based on {model}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>by formula</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>by llama.cpp&apos;s plan for another length</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>gated</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>licence unknown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>llama.cpp has planned this variant at another context length; a formula follows the context from there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>llama.cpp has planned this very variant at this context length, without loading it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>measured by llama.cpp</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>on the CPU</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>partly on the GPU</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>private</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>size unknown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>too large here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>with room for a conversation of {tokens} tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{best} fits.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{best} would be {times} times as fast.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{best} would read better.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} downloads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name} licence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name} would read better but does not fit.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name} would read better but run at {percent} % of the speed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name}, {total}, {free} free</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{part} of {all} layers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{part} of {all} layers fit on the GPU; the others run on the CPU.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{repo}: about {need} at four bits per weight, {place}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{tokens} tokens · about a page</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{tokens} tokens · about {pages} pages</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{total} memory, shared with the GPU, {free} free</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{total} memory, {free} free</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>~{rate} tok/s</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PickerDialog</name>
    <message>
        <source>Choose a model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking at this machine…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PresetButton</name>
    <message>
        <source>Edit presets…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its values…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No preset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preset: {name}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PresetChooser</name>
    <message>
        <source>“{name}” from the next reply on</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PresetEditor</name>
    <message>
        <source>New preset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Presets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Revert</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PresetForm</name>
    <message>
        <source>All that fits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Answer at once</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As the model does</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Asked for at the start: {names}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chat template</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Description</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filled in by itself: {names}. Any other name in double braces is asked for.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Frequency penalty</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Longest reply</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Min-p</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No limit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One on each line; \n is a line break</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Presence penalty</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Random</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reads at most</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reasoning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Repeat penalty</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Seed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop at</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model&apos;s own</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Think first</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Top-k</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>tokens</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PresetListPane</name>
    <message>
        <source>Begin new chats with it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bring back Parley&apos;s own</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Duplicate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export all…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>More</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move down</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move up</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New preset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Presets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name} (new chats)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PresetQuestions</name>
    <message>
        <source>Chats that use it keep what they have.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete “{name}”?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export presets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Give up</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import presets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Presets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save them, or give them up?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Some changes are not saved.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PreviewPane</name>
    <message>
        <source>Hello!</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Load the model to have its tokens counted.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Template: {name}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the model sees</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{count} tokens.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Problems</name>
    <message>
        <source>Choose another…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a GGUF file…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restore a backup…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save what can be read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ProgressStrip</name>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading {model}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading the conversation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{done} of {total} tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{percent} %</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ReadingDesk</name>
    <message>
        <source>As the model reads it.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ReadingPane</name>
    <message>
        <source>Copied</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Printed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save the code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Saved</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{percent} %</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>RepoList</name>
    <message>
        <source>Models</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>RepoView</name>
    <message>
        <source>Choose a model at the left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter a token…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing in here is a model that Parley knows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open its page…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading the repo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading {repo}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>See its variants</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{name} suits this machine</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Report</name>
    <message>
        <source>Details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Report</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>RowDelegate</name>
    <message>
        <source>Title</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SearchBar</name>
    <message>
        <source>Any format</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Author</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fits here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Format</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Most downloads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Most likes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Newest</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search models, or paste owner/name or a page&apos;s address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sort</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Sending</name>
    <message>
        <source> (the beginning)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Load with {tokens} tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove the files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send only the beginning</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SettingRow</name>
    <message>
        <source>Back to the default: {title}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Settings</name>
    <message>
        <source>A file in PEM format with authorities to trust besides the system&apos;s.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A mirror of huggingface.co, such as https://hub.example.org. Empty means the Hub itself.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address of the Hub</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Answer once more</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Attach files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Certificates</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Comfortable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Compact</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the last reply</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ctrl+Enter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Density</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Deutsch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download speed limit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>English</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find a model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folders for models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Follow the system, or always use one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Free the memory when idle</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How a new chat begins, unless its folder has a preset of its own.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How much room buttons, fields and menus take.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Language</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Light</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Like the system</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New models go into the first one. Without any, they go into Parley&apos;s own folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New temporary chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Of all downloads together; 0 means none.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Of everything in the window, compared with the system&apos;s.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a GGUF file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the last chat at the start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Otherwise Parley begins with a new one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parley asks no server for anything: no search, no downloads. Running downloads pause.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preset of new chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Presets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Proxy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reduce motion</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send with</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the shortcuts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Such as http://name:3128. Empty means the system&apos;s. Never used for addresses on this machine.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take back the last deletion</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Text size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The other one starts a new line.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The text cursor does not blink, and menus and hints appear without sliding or fading.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Theme</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unload the model after so many minutes without a reply; the next message loads it again. 0 means never.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What {{user}} in a preset becomes. It stays on this machine.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Work offline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>简体中文</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SettingsDesk</name>
    <message>
        <source>A copy of all chats is made every day. Go back to one, or make one now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Backups</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Backups…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Data folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edit presets…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Logs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models on this machine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Presets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>System prompts with their own sampling: make, change, share.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What lies in these folders, and what other programs have.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>No setting speaks of “{words}”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pages</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SettingsPages</name>
    <message>
        <source>Appearance</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Behaviour</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Counts for what is searched or downloaded from then on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Counts from the next start on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Downloads and network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models and folders</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Privacy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shortcuts</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ShortcutsDialog</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Sidebar</name>
    <message>
        <source>Conversations</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No chat is called “{title}”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your chats will be listed here.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>StartView</name>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose another…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find a model…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading {model}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing of this chat is written to disk: it is gone once you leave it. {model} is ready.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a GGUF file…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parley talks with models that run on this machine. Find one that fits, or open a file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Part of the model that is loaded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Temporary chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This machine has {total} of memory, {free} free.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What shall we talk about?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>or drop one on this window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{model} is ready. It runs on this machine; nothing leaves it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{percent} %</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TextDialog</name>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copied</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TitleField</name>
    <message>
        <source>Title</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TokenDialog</name>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Create one that may read, under Access Tokens in your account&apos;s settings.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Forget it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>HF_TOKEN is set, and is used before any other.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is kept in the system&apos;s keyring or, where that refuses, in a file that only you can read.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is sent to the Hub alone, and is in no log and no database.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The token of the Hub&apos;s own client is used; one entered here goes first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is a token in a file that only you can read; a new one takes its place.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is a token in the system&apos;s keyring; a new one takes its place.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This system has no keyring: it is kept in a file that only you can read.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your token for the Hub</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Transcript</name>
    <message>
        <source>Attached file {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Code in {0}: {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Code: {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Continue</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Formula: {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Interrupted: what was written is kept</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>More</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reasoning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reply</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Retry</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save the code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scroll sideways</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stopped at the token limit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The context is full</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model sees from here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The version after</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The version before</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Thinking…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Thought</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Thought for {0} s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unwrap</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Wrap</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Wrap long lines</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} / {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} answers from here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} tok/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} tokens</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TranscriptCanvas</name>
    <message>
        <source>Jump to latest</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TranscriptInteraction</name>
    <message>
        <source>Block</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy as Markdown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy link</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Link</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open link…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Select all</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Selection</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TranscriptView</name>
    <message>
        <source>Conversation</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ValuesDialog</name>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{name}” needs to know</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>VariantDelegate</name>
    <message>
        <source>★ best</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>VariantModel</name>
    <message>
        <source>Estimated from the file&apos;s size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{quality} of {most}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>VariantTable</name>
    <message>
        <source>Quality</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Variants</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
