<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>AboutDialog</name>
    <message>
        <source>About Parley</source>
        <translation>Über Parley</translation>
    </message>
    <message>
        <source>Changes</source>
        <translation>Änderungen</translation>
    </message>
    <message>
        <source>Free software under the MIT licence. It uses llama.cpp and Qt.</source>
        <translation>Freie Software unter der MIT-Lizenz. Verwendet llama.cpp und Qt.</translation>
    </message>
    <message>
        <source>Licences</source>
        <translation>Lizenzen</translation>
    </message>
    <message>
        <source>Look for a newer version</source>
        <translation>Nach neuerer Version sehen</translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation>Suche läuft …</translation>
    </message>
    <message>
        <source>Private conversations with language models on your own machine.</source>
        <translation>Private Unterhaltungen mit Sprachmodellen auf dem eigenen Rechner.</translation>
    </message>
</context>
<context>
    <name>AccessBar</name>
    <message>
        <source>Enter a token…</source>
        <translation>Token eingeben …</translation>
    </message>
    <message>
        <source>Open its page…</source>
        <translation>Seite öffnen …</translation>
    </message>
</context>
<context>
    <name>AttachmentChips</name>
    <message>
        <source>Attached files</source>
        <translation>Angehängte Dateien</translation>
    </message>
</context>
<context>
    <name>BackupsDialog</name>
    <message>
        <source>Back up now</source>
        <translation>Jetzt sichern</translation>
    </message>
    <message>
        <source>Backed up: {size}.</source>
        <translation>Gesichert: {size}.</translation>
    </message>
    <message>
        <source>Backups</source>
        <translation>Sicherungen</translation>
    </message>
    <message>
        <source>Before a restore</source>
        <translation>Vor einer Wiederherstellung</translation>
    </message>
    <message>
        <source>Before an update</source>
        <translation>Vor einem Update</translation>
    </message>
    <message>
        <source>By you</source>
        <translation>Von Hand</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Chats</source>
        <translation>Chats</translation>
    </message>
    <message>
        <source>Chats, folders, presets and the chat templates of then become what they were. What there is now is backed up first, so that you can come back to it.</source>
        <translation>Chats, Ordner, Presets und die Chat-Vorlagen von damals werden wieder so, wie sie waren. Was jetzt da ist, wird vorher gesichert, damit Sie dahin zurückkönnen.</translation>
    </message>
    <message>
        <source>Daily</source>
        <translation>Täglich</translation>
    </message>
    <message>
        <source>Damaged</source>
        <translation>Beschädigt</translation>
    </message>
    <message>
        <source>Go back to {when}?</source>
        <translation>Zurück zum Stand von {when}?</translation>
    </message>
    <message>
        <source>Made</source>
        <translation>Erstellt</translation>
    </message>
    <message>
        <source>Parley closes for a moment and opens again.</source>
        <translation>Parley schließt sich kurz und öffnet sich dann wieder.</translation>
    </message>
    <message>
        <source>Parley makes one every day: the last seven days and four weeks are kept.</source>
        <translation>Parley sichert jeden Tag: Die letzten sieben Tage und vier Wochen bleiben erhalten.</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>Wiederherstellen</translation>
    </message>
    <message>
        <source>Restore…</source>
        <translation>Wiederherstellen …</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>There is no backup yet. Parley makes one every day.</source>
        <translation>Noch keine Sicherung. Parley sichert jeden Tag.</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>Anlass</translation>
    </message>
</context>
<context>
    <name>CandidateRow</name>
    <message>
        <source>Model {number}</source>
        <translation>Modell {number}</translation>
    </message>
    <message>
        <source>No preset</source>
        <translation>Kein Preset</translation>
    </message>
    <message>
        <source>Preset {number}</source>
        <translation>Preset {number}</translation>
    </message>
</context>
<context>
    <name>CardDialog</name>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Model card</source>
        <translation>Modellkarte</translation>
    </message>
</context>
<context>
    <name>ChangesPage</name>
    <message>
        <source>Changes</source>
        <translation>Änderungen</translation>
    </message>
</context>
<context>
    <name>ChatPage</name>
    <message>
        <source>Attach files</source>
        <translation>Dateien anhängen</translation>
    </message>
    <message>
        <source>Chat copied</source>
        <translation>Chat kopiert</translation>
    </message>
    <message>
        <source>Message deleted</source>
        <translation>Nachricht gelöscht</translation>
    </message>
    <message>
        <source>Messages deleted</source>
        <translation>Nachrichten gelöscht</translation>
    </message>
    <message>
        <source>Reply copied</source>
        <translation>Antwort kopiert</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>System-Prompt</translation>
    </message>
    <message>
        <source>This is the new chat</source>
        <translation>Dies ist der neue Chat</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>You</source>
        <translation>Sie</translation>
    </message>
</context>
<context>
    <name>Chip</name>
    <message>
        <source>Remove {name}</source>
        <translation>{name} entfernen</translation>
    </message>
    <message>
        <source>{size} · about {tokens} tokens, estimated</source>
        <translation>{size} · etwa {tokens} Tokens, geschätzt</translation>
    </message>
    <message>
        <source>{size} · counting…</source>
        <translation>{size} · wird gezählt …</translation>
    </message>
    <message>
        <source>{size} · reading…</source>
        <translation>{size} · wird gelesen …</translation>
    </message>
    <message>
        <source>{size} · {tokens} tokens</source>
        <translation>{size} · {tokens} Tokens</translation>
    </message>
</context>
<context>
    <name>ChosenBar</name>
    <message>
        <source>Archive</source>
        <translation>Archivieren</translation>
    </message>
    <message>
        <source>Choose none</source>
        <translation>Auswahl aufheben</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exportieren …</translation>
    </message>
    <message>
        <source>Move to a folder</source>
        <translation>In einen Ordner verschieben</translation>
    </message>
    <message>
        <source>{count} chats chosen</source>
        <translation>{count} Chats gewählt</translation>
    </message>
</context>
<context>
    <name>CompareDesk</name>
    <message>
        <source>A temporary chat can be compared from its second message on</source>
        <translation>Ein temporärer Chat lässt sich ab der zweiten Nachricht vergleichen</translation>
    </message>
    <message>
        <source>Compare with another model</source>
        <translation>Mit anderem Modell vergleichen</translation>
    </message>
    <message>
        <source>Compare with another preset</source>
        <translation>Mit anderem Preset vergleichen</translation>
    </message>
    <message>
        <source>Edited by you</source>
        <translation>Von Ihnen bearbeitet</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>Jetzt</translation>
    </message>
    <message>
        <source>Run again exactly</source>
        <translation>Genau so wiederholen</translation>
    </message>
    <message>
        <source>{name}, then</source>
        <translation>{name}, damals</translation>
    </message>
</context>
<context>
    <name>CompareDialog</name>
    <message>
        <source>All at once: together they need {need} of the {room} there are.</source>
        <translation>Alle zugleich: Zusammen brauchen sie {need} von {room}.</translation>
    </message>
    <message>
        <source>Another text came out.</source>
        <translation>Es kam ein anderer Text heraus.</translation>
    </message>
    <message>
        <source>As it was written</source>
        <translation>Wie geschrieben</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Vergleichen</translation>
    </message>
    <message>
        <source>Discard the new reply</source>
        <translation>Neue Antwort verwerfen</translation>
    </message>
    <message>
        <source>Finding out whether they fit into memory together…</source>
        <translation>Prüfen, ob sie zusammen in den Speicher passen …</translation>
    </message>
    <message>
        <source>Keep both</source>
        <translation>Beide behalten</translation>
    </message>
    <message>
        <source>Loading the model and checking that its file is the same…</source>
        <translation>Modell wird geladen und seine Datei geprüft …</translation>
    </message>
    <message>
        <source>Mark the differences</source>
        <translation>Unterschiede zeigen</translation>
    </message>
    <message>
        <source>Not begun</source>
        <translation>Nicht begonnen</translation>
    </message>
    <message>
        <source>One after the other: how much memory they need together is not known.</source>
        <translation>Nacheinander: Ihr gemeinsamer Speicherbedarf ist nicht bekannt.</translation>
    </message>
    <message>
        <source>One after the other: together they would need {need}, and there are {room}.</source>
        <translation>Nacheinander: Zusammen bräuchten sie {need}, da sind {room}.</translation>
    </message>
    <message>
        <source>Run again exactly</source>
        <translation>Genau so wiederholen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stopp</translation>
    </message>
    <message>
        <source>The file, the options, the template, the sampling and the seed are the same.</source>
        <translation>Datei, Optionen, Vorlage, Sampling und Seed sind dieselben.</translation>
    </message>
    <message>
        <source>The prompt was another one: {before} tokens then, {now} now.</source>
        <translation>Der Prompt war ein anderer: damals {before} Tokens, jetzt {now}.</translation>
    </message>
    <message>
        <source>The same message, answered anew.</source>
        <translation>Dieselbe Nachricht, neu beantwortet.</translation>
    </message>
    <message>
        <source>The same text came out, as far as the first one goes.</source>
        <translation>Es kam derselbe Text heraus, so weit der erste reicht.</translation>
    </message>
    <message>
        <source>The same text came out.</source>
        <translation>Es kam derselbe Text heraus.</translation>
    </message>
    <message>
        <source>The texts differ.</source>
        <translation>Die Texte unterscheiden sich.</translation>
    </message>
</context>
<context>
    <name>CompareSetup</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Vergleichen</translation>
    </message>
    <message>
        <source>Every reply is kept beside the others, and you choose the one to go on with.</source>
        <translation>Alle Antworten bleiben nebeneinander erhalten; Sie wählen die, mit der es weitergeht.</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>Nachricht</translation>
    </message>
    <message>
        <source>One message, for all of them</source>
        <translation>Eine Nachricht für alle</translation>
    </message>
    <message>
        <source>One more</source>
        <translation>Noch eines</translation>
    </message>
    <message>
        <source>Two of them are the same.</source>
        <translation>Zwei davon sind gleich.</translation>
    </message>
</context>
<context>
    <name>Composer</name>
    <message>
        <source>, nearly full</source>
        <translation>, fast voll</translation>
    </message>
    <message>
        <source>Attach files…</source>
        <translation>Dateien anhängen …</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>Kontext</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>Nachricht</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Senden</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stopp</translation>
    </message>
    <message>
        <source>{rate} tok/s</source>
        <translation>{rate} Tok/s</translation>
    </message>
    <message>
        <source>{used} of {limit} tokens</source>
        <translation>{used} von {limit} Tokens</translation>
    </message>
</context>
<context>
    <name>ConsentDialog</name>
    <message>
        <source>Do not ask again for “{server}”</source>
        <translation>Für „{server}“ nicht mehr fragen</translation>
    </message>
    <message>
        <source>Do not send</source>
        <translation>Nicht senden</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Senden</translation>
    </message>
    <message>
        <source>Send to another machine?</source>
        <translation>An einen anderen Rechner senden?</translation>
    </message>
    <message>
        <source>The way there is not encrypted.</source>
        <translation>Der Weg dorthin ist nicht verschlüsselt.</translation>
    </message>
    <message>
        <source>This chat will leave your machine</source>
        <translation>Dieser Chat verlässt Ihren Rechner</translation>
    </message>
    <message>
        <source>{model} runs on “{server}” at {host}. The whole chat is sent there with each message. Who runs that server can read it.</source>
        <translation>{model} läuft auf „{server}“ unter {host}. Mit jeder Nachricht wird der ganze Chat dorthin gesendet. Wer den Server betreibt, kann ihn lesen.</translation>
    </message>
</context>
<context>
    <name>ConversationModel</name>
    <message>
        <source>A reply is being written</source>
        <translation>Eine Antwort wird geschrieben</translation>
    </message>
    <message>
        <source>Another window or program is answering here</source>
        <translation>Ein anderes Fenster oder Programm antwortet hier</translation>
    </message>
    <message>
        <source>Folder, closed</source>
        <translation>Ordner, geschlossen</translation>
    </message>
    <message>
        <source>Folder, open</source>
        <translation>Ordner, offen</translation>
    </message>
    <message>
        <source>More chats of this folder</source>
        <translation>Weitere Chats dieses Ordners</translation>
    </message>
    <message>
        <source>Pinned</source>
        <translation>Angeheftet</translation>
    </message>
</context>
<context>
    <name>ConversationView</name>
    <message>
        <source>{count} chats</source>
        <translation>{count} Chats</translation>
    </message>
</context>
<context>
    <name>Details</name>
    <message>
        <source>Address</source>
        <translation>Adresse</translation>
    </message>
    <message>
        <source>Architecture</source>
        <translation>Architektur</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copy: {title}</source>
        <translation>Kopieren: {title}</translation>
    </message>
    <message>
        <source>Costs in the context</source>
        <translation>Kosten im Kontext</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Details</translation>
    </message>
    <message>
        <source>Ended by</source>
        <translation>Beendet durch</translation>
    </message>
    <message>
        <source>Engine</source>
        <translation>Engine</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>First token after</source>
        <translation>Erstes Token nach</translation>
    </message>
    <message>
        <source>How this reply came to be</source>
        <translation>Wie diese Antwort entstand</translation>
    </message>
    <message>
        <source>Load</source>
        <translation>Laden</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>Nachricht</translation>
    </message>
    <message>
        <source>Messages left out</source>
        <translation>Ausgelassene Nachrichten</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Not taken by the server</source>
        <translation>Vom Server nicht übernommen</translation>
    </message>
    <message>
        <source>Preset</source>
        <translation>Preset</translation>
    </message>
    <message>
        <source>Prompt</source>
        <translation>Prompt</translation>
    </message>
    <message>
        <source>Prompt tokens</source>
        <translation>Prompt-Tokens</translation>
    </message>
    <message>
        <source>Quantization</source>
        <translation>Quantisierung</translation>
    </message>
    <message>
        <source>Reads at most</source>
        <translation>Liest höchstens</translation>
    </message>
    <message>
        <source>Reply</source>
        <translation>Antwort</translation>
    </message>
    <message>
        <source>Reply tokens</source>
        <translation>Antwort-Tokens</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>Sampling</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Seed</translation>
    </message>
    <message>
        <source>Server</source>
        <translation>Server</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>System-Prompt</translation>
    </message>
    <message>
        <source>Template</source>
        <translation>Vorlage</translation>
    </message>
    <message>
        <source>The prompt, as the model saw it</source>
        <translation>Der Prompt, wie ihn das Modell sah</translation>
    </message>
    <message>
        <source>Thought for</source>
        <translation>Nachgedacht</translation>
    </message>
    <message>
        <source>Written</source>
        <translation>Geschrieben</translation>
    </message>
    <message>
        <source>about {tokens} tokens</source>
        <translation>etwa {tokens} Tokens</translation>
    </message>
    <message>
        <source>being written</source>
        <translation>wird geschrieben</translation>
    </message>
    <message>
        <source>complete</source>
        <translation>vollständig</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>interrupted</source>
        <translation>unterbrochen</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keines</translation>
    </message>
    <message>
        <source>not computed yet</source>
        <translation>noch nicht berechnet</translation>
    </message>
    <message>
        <source>of these reused</source>
        <translation>davon wiederverwendet</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>gestoppt</translation>
    </message>
    <message>
        <source>the end of the context</source>
        <translation>das Ende des Kontexts</translation>
    </message>
    <message>
        <source>the model itself</source>
        <translation>das Modell selbst</translation>
    </message>
    <message>
        <source>the model&apos;s own</source>
        <translation>die des Modells</translation>
    </message>
    <message>
        <source>the token limit</source>
        <translation>das Token-Limit</translation>
    </message>
    <message>
        <source>tokens</source>
        <translation>Tokens</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>unbekannt</translation>
    </message>
    <message>
        <source>you</source>
        <translation>Sie</translation>
    </message>
    <message>
        <source>{tokens} tokens</source>
        <translation>{tokens} Tokens</translation>
    </message>
</context>
<context>
    <name>DeviceLine</name>
    <message>
        <source>in {device}</source>
        <translation>im {device}</translation>
    </message>
    <message>
        <source>on the {device}</source>
        <translation>auf {device}</translation>
    </message>
    <message>
        <source>{used} of {total}</source>
        <translation>{used} von {total}</translation>
    </message>
    <message>
        <source>{used} of {total} in use while it runs</source>
        <translation>{used} von {total} im Betrieb belegt</translation>
    </message>
</context>
<context>
    <name>DownloadRow</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Connecting</source>
        <translation>Verbinden</translation>
    </message>
    <message>
        <source>Connecting…</source>
        <translation>Verbinden …</translation>
    </message>
    <message>
        <source>Downloading and preparing</source>
        <translation>Wird heruntergeladen und vorbereitet</translation>
    </message>
    <message>
        <source>More</source>
        <translation>Mehr</translation>
    </message>
    <message>
        <source>More: {name}</source>
        <translation>Mehr: {name}</translation>
    </message>
    <message>
        <source>Move down</source>
        <translation>Nach unten</translation>
    </message>
    <message>
        <source>Move up</source>
        <translation>Nach oben</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>Pausiert</translation>
    </message>
    <message>
        <source>Pausing…</source>
        <translation>Pausiert gleich …</translation>
    </message>
    <message>
        <source>Preparing</source>
        <translation>Wird vorbereitet</translation>
    </message>
    <message>
        <source>Repairing</source>
        <translation>Wird repariert</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Run next</source>
        <translation>Als Nächstes laden</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>Verifying</source>
        <translation>Wird geprüft</translation>
    </message>
    <message>
        <source>Waiting for its turn</source>
        <translation>Wartet, bis es an der Reihe ist</translation>
    </message>
    <message>
        <source>Waiting for the Hub</source>
        <translation>Wartet auf den Hub</translation>
    </message>
    <message>
        <source>{count} h left</source>
        <translation>noch {count} h</translation>
    </message>
    <message>
        <source>{count} min left</source>
        <translation>noch {count} min</translation>
    </message>
    <message>
        <source>{count} s left</source>
        <translation>noch {count} s</translation>
    </message>
    <message>
        <source>{done} of {total}</source>
        <translation>{done} von {total}</translation>
    </message>
    <message>
        <source>{path}: {done} of {total}</source>
        <translation>{path}: {done} von {total}</translation>
    </message>
    <message>
        <source>{rate}/s</source>
        <translation>{rate}/s</translation>
    </message>
    <message>
        <source>{total}, verified</source>
        <translation>{total}, geprüft</translation>
    </message>
</context>
<context>
    <name>DownloadsDialog</name>
    <message>
        <source>All together: {amount}</source>
        <translation>Zusammen: {amount}</translation>
    </message>
    <message>
        <source>At most {rate}/s</source>
        <translation>Höchstens {rate}/s</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Cancel the download</source>
        <translation>Download abbrechen</translation>
    </message>
    <message>
        <source>Cancel {name}?</source>
        <translation>{name} abbrechen?</translation>
    </message>
    <message>
        <source>Clear finished</source>
        <translation>Fertige entfernen</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Downloads</source>
        <translation>Downloads</translation>
    </message>
    <message>
        <source>Find a model…</source>
        <translation>Modell finden …</translation>
    </message>
    <message>
        <source>How it was made</source>
        <translation>Wie es entstand</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <source>No downloads</source>
        <translation>Keine Downloads</translation>
    </message>
    <message>
        <source>No speed limit</source>
        <translation>Tempo unbegrenzt</translation>
    </message>
    <message>
        <source>Speed limit</source>
        <translation>Tempolimit</translation>
    </message>
    <message>
        <source>What you download is listed here, and goes on while this window is closed.</source>
        <translation>Was Sie herunterladen, steht hier und läuft weiter, wenn dieses Fenster geschlossen ist.</translation>
    </message>
    <message>
        <source>{done} of {total}</source>
        <translation>{done} von {total}</translation>
    </message>
    <message>
        <source>{rate}/s</source>
        <translation>{rate}/s</translation>
    </message>
    <message>
        <source>{size} that have arrived are deleted. Pause keeps them.</source>
        <translation>{size}, die schon da sind, werden gelöscht. Pause behält sie.</translation>
    </message>
</context>
<context>
    <name>DownloadsEntry</name>
    <message>
        <source>Downloads</source>
        <translation>Downloads</translation>
    </message>
    <message>
        <source>Downloads · done</source>
        <translation>Downloads · fertig</translation>
    </message>
    <message>
        <source>Downloads · one failed</source>
        <translation>Downloads · einer fehlgeschlagen</translation>
    </message>
    <message>
        <source>Downloads · paused</source>
        <translation>Downloads · pausiert</translation>
    </message>
    <message>
        <source>Downloads · {percent} %</source>
        <translation>Downloads · {percent} %</translation>
    </message>
    <message>
        <source>Preparing · {percent} %</source>
        <translation>Vorbereitung · {percent} %</translation>
    </message>
</context>
<context>
    <name>DropHint</name>
    <message>
        <source>Attach to your next message</source>
        <translation>An Ihre nächste Nachricht anhängen</translation>
    </message>
    <message>
        <source>Import the model in this folder</source>
        <translation>Das Modell in diesem Ordner übernehmen</translation>
    </message>
    <message>
        <source>Open as a model</source>
        <translation>Als Modell öffnen</translation>
    </message>
    <message>
        <source>{count} files</source>
        <translation>{count} Dateien</translation>
    </message>
</context>
<context>
    <name>EngineStatus</name>
    <message>
        <source>Choose a model to begin</source>
        <translation>Modell wählen, um zu beginnen</translation>
    </message>
    <message>
        <source>Message Parley</source>
        <translation>Nachricht an Parley</translation>
    </message>
    <message>
        <source>{memory} on {device}</source>
        <translation>{memory} auf {device}</translation>
    </message>
    <message>
        <source>{memory}, all {layers} layers on {device}</source>
        <translation>{memory}, alle {layers} Schichten auf {device}</translation>
    </message>
    <message>
        <source>{memory}, {part} of {layers} layers on {device}</source>
        <translation>{memory}, {part} von {layers} Schichten auf {device}</translation>
    </message>
</context>
<context>
    <name>Errand</name>
    <message>
        <source>At {count} places something could not be read.</source>
        <translation>An {count} Stellen war etwas nicht lesbar.</translation>
    </message>
    <message>
        <source>Moving your data</source>
        <translation>Ihre Daten werden verschoben</translation>
    </message>
    <message>
        <source>Restoring your chats</source>
        <translation>Ihre Chats werden wiederhergestellt</translation>
    </message>
    <message>
        <source>Saved: {chats} chats, {messages} messages.</source>
        <translation>Gerettet: {chats} Chats, {messages} Nachrichten.</translation>
    </message>
    <message>
        <source>Saving what can be read</source>
        <translation>Was lesbar ist, wird gerettet</translation>
    </message>
    <message>
        <source>The damaged database is kept as {file}.</source>
        <translation>Die beschädigte Datenbank ist als {file} aufgehoben.</translation>
    </message>
    <message>
        <source>Your data is at its new place. These files could not be removed from the old one:
{files}</source>
        <translation>Ihre Daten sind am neuen Ort. Diese Dateien ließen sich am alten nicht entfernen:
{files}</translation>
    </message>
</context>
<context>
    <name>ErrandDialog</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>Open Parley</source>
        <translation>Parley öffnen</translation>
    </message>
    <message>
        <source>Parley opens again when it is done.</source>
        <translation>Parley öffnet sich wieder, wenn alles fertig ist.</translation>
    </message>
</context>
<context>
    <name>Errors</name>
    <message>
        <source>A background process answered in a way Parley does not understand.</source>
        <translation>Ein Hintergrundprozess hat so geantwortet, dass Parley ihn nicht versteht.</translation>
    </message>
    <message>
        <source>A message belongs to one chat, but several were named.</source>
        <translation>Eine Nachricht gehört zu einem Chat, aber mehrere wurden genannt.</translation>
    </message>
    <message>
        <source>A token begins with hf_; copy it whole from your account&apos;s settings.</source>
        <translation>Ein Token beginnt mit hf_; kopieren Sie es ganz aus den Einstellungen Ihres Kontos.</translation>
    </message>
    <message>
        <source>Accept its terms at {address}, then enter a token from your account&apos;s settings.</source>
        <translation>Stimmen Sie unter {address} den Bedingungen zu, und geben Sie dann ein Token aus den Einstellungen Ihres Kontos ein.</translation>
    </message>
    <message>
        <source>Accept its terms or ask for access at {address}; once it is granted, try again.</source>
        <translation>Stimmen Sie unter {address} den Bedingungen zu, oder bitten Sie dort um Zugang; versuchen Sie es erneut, sobald er gewährt ist.</translation>
    </message>
    <message>
        <source>Add it, or choose one of those there are.</source>
        <translation>Fügen Sie es hinzu, oder wählen Sie eines der vorhandenen.</translation>
    </message>
    <message>
        <source>Ask for a new reply instead.</source>
        <translation>Fordern Sie stattdessen eine neue Antwort an.</translation>
    </message>
    <message>
        <source>Ask it for its models again, and check that its address ends as it should, usually with /v1.</source>
        <translation>Fragen Sie seine Modelle noch einmal ab, und prüfen Sie, ob die Adresse richtig endet, meist auf /v1.</translation>
    </message>
    <message>
        <source>Ask who runs the server, or choose another of its models.</source>
        <translation>Fragen Sie, wer den Server betreibt, oder wählen Sie ein anderes seiner Modelle.</translation>
    </message>
    <message>
        <source>Attach one of them alone to see why.</source>
        <translation>Hängen Sie eine davon allein an, um den Grund zu sehen.</translation>
    </message>
    <message>
        <source>Attach only the part that matters.</source>
        <translation>Hängen Sie nur den Teil an, auf den es ankommt.</translation>
    </message>
    <message>
        <source>Bring the old file back, or run it with the file there is now, as with another model.</source>
        <translation>Holen Sie die alte Datei zurück, oder wiederholen Sie mit der jetzigen Datei wie mit einem anderen Modell.</translation>
    </message>
    <message>
        <source>Change what it names, such as a sampling option or the length of the chat.</source>
        <translation>Ändern Sie, was genannt ist, etwa eine Sampling-Option oder die Länge des Chats.</translation>
    </message>
    <message>
        <source>Check its name; if it is private, enter a token of an account that may read it.</source>
        <translation>Prüfen Sie den Namen; ist es privat, geben Sie ein Token eines Kontos ein, das es lesen darf.</translation>
    </message>
    <message>
        <source>Check its rules: it needs one called “root”.</source>
        <translation>Prüfen Sie die Regeln: Eine muss „root“ heißen.</translation>
    </message>
    <message>
        <source>Check that it is there and that you may read it, then try again.</source>
        <translation>Prüfen Sie, ob die Datei da ist und Sie sie lesen dürfen, und versuchen Sie es erneut.</translation>
    </message>
    <message>
        <source>Check that it runs and that its address is right, then try again.</source>
        <translation>Prüfen Sie, ob er läuft und seine Adresse stimmt, und versuchen Sie es erneut.</translation>
    </message>
    <message>
        <source>Check that its address is that of an OpenAI-compatible API, usually ending with /v1.</source>
        <translation>Prüfen Sie, ob die Adresse zu einer OpenAI-kompatiblen API gehört; meist endet sie auf /v1.</translation>
    </message>
    <message>
        <source>Check that its disk is connected and that you may read it, then try again.</source>
        <translation>Prüfen Sie, ob das Laufwerk angeschlossen ist und Sie die Datei lesen dürfen, und versuchen Sie es erneut.</translation>
    </message>
    <message>
        <source>Check that rpc-server runs there and for nobody else, and that its address is right, then load again.</source>
        <translation>Prüfen Sie, ob dort rpc-server läuft, für niemand anderen arbeitet und die Adresse stimmt, und laden Sie dann erneut.</translation>
    </message>
    <message>
        <source>Check the address and its port, and that rpc-server is of the llama.cpp that “parley doctor” names.</source>
        <translation>Prüfen Sie Adresse und Port und ob rpc-server zu dem llama.cpp gehört, das „parley doctor“ nennt.</translation>
    </message>
    <message>
        <source>Check the file&apos;s permissions, or choose another file.</source>
        <translation>Prüfen Sie die Zugriffsrechte der Datei, oder wählen Sie eine andere Datei.</translation>
    </message>
    <message>
        <source>Check the folder&apos;s permissions, or choose another folder.</source>
        <translation>Prüfen Sie die Zugriffsrechte des Ordners, oder wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>Check the folder&apos;s permissions, or set PARLEY_HOME to another folder.</source>
        <translation>Prüfen Sie die Zugriffsrechte des Ordners, oder setzen Sie PARLEY_HOME auf einen anderen Ordner.</translation>
    </message>
    <message>
        <source>Check the permissions of {folder}, or set HF_TOKEN.</source>
        <translation>Prüfen Sie die Zugriffsrechte von {folder}, oder setzen Sie HF_TOKEN.</translation>
    </message>
    <message>
        <source>Check the permissions of {folder}.</source>
        <translation>Prüfen Sie die Zugriffsrechte von {folder}.</translation>
    </message>
    <message>
        <source>Check your connection and try again; the models on this machine work without it.</source>
        <translation>Prüfen Sie Ihre Verbindung, und versuchen Sie es erneut; die Modelle auf diesem Rechner laufen ohne sie.</translation>
    </message>
    <message>
        <source>Check your connection. What has arrived is kept, and the download goes on from there.</source>
        <translation>Prüfen Sie Ihre Verbindung. Was angekommen ist, bleibt erhalten, und der Download geht von dort weiter.</translation>
    </message>
    <message>
        <source>Choose a GGUF, GPTQ, AWQ or bitsandbytes variant of this model, or the unquantized one.</source>
        <translation>Wählen Sie eine GGUF-, GPTQ-, AWQ- oder bitsandbytes-Variante dieses Modells oder die unquantisierte.</translation>
    </message>
    <message>
        <source>Choose a file that Parley exported, or compare it with one.</source>
        <translation>Wählen Sie eine Datei, die Parley exportiert hat, oder vergleichen Sie sie mit einer solchen.</translation>
    </message>
    <message>
        <source>Choose a folder outside it.</source>
        <translation>Wählen Sie einen Ordner außerhalb davon.</translation>
    </message>
    <message>
        <source>Choose a folder outside {present}.</source>
        <translation>Wählen Sie einen Ordner außerhalb von {present}.</translation>
    </message>
    <message>
        <source>Choose a folder with a config.json and its .safetensors files.</source>
        <translation>Wählen Sie einen Ordner mit einer config.json und ihren .safetensors-Dateien.</translation>
    </message>
    <message>
        <source>Choose a folder, or a file whose name ends in .zip.</source>
        <translation>Wählen Sie einen Ordner oder eine Datei, deren Name auf .zip endet.</translation>
    </message>
    <message>
        <source>Choose a model file in GGUF format; its name usually ends in .gguf.</source>
        <translation>Wählen Sie eine Modelldatei im GGUF-Format; ihr Name endet meist auf .gguf.</translation>
    </message>
    <message>
        <source>Choose a model on this machine to see how it would look.</source>
        <translation>Wählen Sie ein Modell auf diesem Rechner, um zu sehen, wie es dort aussähe.</translation>
    </message>
    <message>
        <source>Choose a reply that a model on this machine wrote.</source>
        <translation>Wählen Sie eine Antwort, die ein Modell auf diesem Rechner geschrieben hat.</translation>
    </message>
    <message>
        <source>Choose an empty folder, or one that does not exist yet.</source>
        <translation>Wählen Sie einen leeren Ordner oder einen, den es noch nicht gibt.</translation>
    </message>
    <message>
        <source>Choose another file.</source>
        <translation>Wählen Sie eine andere Datei.</translation>
    </message>
    <message>
        <source>Choose another folder.</source>
        <translation>Wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>Choose another model, or update Parley.</source>
        <translation>Wählen Sie ein anderes Modell, oder aktualisieren Sie Parley.</translation>
    </message>
    <message>
        <source>Choose another name, or say that it may be overwritten.</source>
        <translation>Wählen Sie einen anderen Namen, oder erlauben Sie das Überschreiben.</translation>
    </message>
    <message>
        <source>Choose another name.</source>
        <translation>Wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
        <source>Choose another one for this model or preset: {known}.</source>
        <translation>Wählen Sie für dieses Modell oder Preset eine andere: {known}.</translation>
    </message>
    <message>
        <source>Choose another one; nothing was changed.</source>
        <translation>Wählen Sie eine andere; nichts wurde geändert.</translation>
    </message>
    <message>
        <source>Choose another place, or check that you may write there.</source>
        <translation>Wählen Sie einen anderen Ort, oder prüfen Sie, ob Sie dort schreiben dürfen.</translation>
    </message>
    <message>
        <source>Choose another template for this model, or edit this one in the load options.</source>
        <translation>Wählen Sie für dieses Modell eine andere Vorlage, oder bearbeiten Sie diese in den Ladeoptionen.</translation>
    </message>
    <message>
        <source>Choose another value.</source>
        <translation>Wählen Sie einen anderen Wert.</translation>
    </message>
    <message>
        <source>Choose other keys, or give that one another shortcut first.</source>
        <translation>Wählen Sie andere Tasten, oder geben Sie zuerst dem anderen Befehl ein anderes Kürzel.</translation>
    </message>
    <message>
        <source>Close other programs, choose a shorter context, or choose a smaller variant.</source>
        <translation>Schließen Sie andere Programme, oder wählen Sie einen kürzeren Kontext oder eine kleinere Variante.</translation>
    </message>
    <message>
        <source>Close the other program and try again.</source>
        <translation>Schließen Sie das andere Programm, und versuchen Sie es erneut.</translation>
    </message>
    <message>
        <source>Connect its disk and try again. To begin anew in the usual folder, delete {pointer}.</source>
        <translation>Schließen Sie das Laufwerk an, und versuchen Sie es erneut. Um im gewohnten Ordner neu zu beginnen, löschen Sie {pointer}.</translation>
    </message>
    <message>
        <source>Chat {id} is being answered elsewhere at this moment.</source>
        <translation>Der Chat {id} wird gerade anderswo beantwortet.</translation>
    </message>
    <message>
        <source>Copy it whole from where the server gave it to you.</source>
        <translation>Kopieren Sie ihn ganz, so wie der Server ihn Ihnen gegeben hat.</translation>
    </message>
    <message>
        <source>Correct it and load the model again.</source>
        <translation>Berichtigen Sie das und laden Sie das Modell erneut.</translation>
    </message>
    <message>
        <source>Correct it and try again.</source>
        <translation>Berichtigen Sie das, und versuchen Sie es erneut.</translation>
    </message>
    <message>
        <source>Correct the file, or move it away to begin a new list.</source>
        <translation>Berichtigen Sie die Datei, oder verschieben Sie sie, um eine neue Liste zu beginnen.</translation>
    </message>
    <message>
        <source>Delete it with your file manager.</source>
        <translation>Löschen Sie sie mit Ihrem Dateimanager.</translation>
    </message>
    <message>
        <source>Do not use this repo.</source>
        <translation>Verwenden Sie dieses Repo nicht.</translation>
    </message>
    <message>
        <source>Download config.json and quantize_config.json again; those here may belong to another branch.</source>
        <translation>Laden Sie config.json und quantize_config.json neu herunter; die vorliegenden gehören vielleicht zu einem anderen Branch.</translation>
    </message>
    <message>
        <source>Download it again, or choose another file.</source>
        <translation>Laden Sie sie erneut herunter, oder wählen Sie eine andere Datei.</translation>
    </message>
    <message>
        <source>Download it again, or look for another repo of this model.</source>
        <translation>Laden Sie es erneut herunter, oder suchen Sie ein anderes Repo dieses Modells.</translation>
    </message>
    <message>
        <source>Download it again, or unpack it and import its folder.</source>
        <translation>Laden Sie es erneut herunter, oder entpacken Sie es und importieren Sie den Ordner.</translation>
    </message>
    <message>
        <source>Download the file to use it; its memory need can only be estimated.</source>
        <translation>Laden Sie die Datei herunter, um sie zu nutzen; ihr Speicherbedarf lässt sich nur schätzen.</translation>
    </message>
    <message>
        <source>Download the missing files, then try again.</source>
        <translation>Laden Sie die fehlenden Dateien herunter, und versuchen Sie es erneut.</translation>
    </message>
    <message>
        <source>Download the model again from its page; that fetches the whole file.</source>
        <translation>Laden Sie das Modell von seiner Seite neu herunter; so kommt die ganze Datei.</translation>
    </message>
    <message>
        <source>Download the model again; its files seem to be of different versions.</source>
        <translation>Laden Sie das Modell neu herunter; seine Dateien scheinen aus verschiedenen Versionen zu stammen.</translation>
    </message>
    <message>
        <source>Enter the key that belongs to this server.</source>
        <translation>Geben Sie den Schlüssel ein, der zu diesem Server gehört.</translation>
    </message>
    <message>
        <source>Free some space or choose another folder. What has arrived is kept.</source>
        <translation>Schaffen Sie Platz, oder wählen Sie einen anderen Ordner. Was angekommen ist, bleibt erhalten.</translation>
    </message>
    <message>
        <source>Free some space there or check the folder&apos;s permissions, then try again.</source>
        <translation>Schaffen Sie dort Platz oder prüfen Sie die Rechte des Ordners, und versuchen Sie es dann erneut.</translation>
    </message>
    <message>
        <source>Free some space, or choose another disk.</source>
        <translation>Schaffen Sie Platz, oder wählen Sie ein anderes Laufwerk.</translation>
    </message>
    <message>
        <source>Free some space, then go on; everything that arrived is kept.</source>
        <translation>Schaffen Sie Platz, und machen Sie dann weiter; alles Angekommene bleibt erhalten.</translation>
    </message>
    <message>
        <source>Free some space; Parley keeps what it has and goes on when there is room.</source>
        <translation>Schaffen Sie Platz; Parley behält, was es hat, und macht weiter, sobald Platz ist.</translation>
    </message>
    <message>
        <source>Get it where you got Parley.</source>
        <translation>Holen Sie sie dort, woher Sie Parley haben.</translation>
    </message>
    <message>
        <source>Give it, on the command line as --var NAME=VALUE.</source>
        <translation>Geben Sie ihn auf der Befehlszeile als --var NAME=VALUE an.</translation>
    </message>
    <message>
        <source>Begin a chat first.</source>
        <translation>Beginnen Sie zuerst einen Chat.</translation>
    </message>
    <message>
        <source>If that is right, enter it as the server&apos;s address.</source>
        <translation>Wenn das stimmt, geben Sie es als Adresse des Servers ein.</translation>
    </message>
    <message>
        <source>If the server is yours, name the file of its certificate authority in the server&apos;s entry.</source>
        <translation>Wenn es Ihr Server ist, nennen Sie in seinem Eintrag die Datei seiner Zertifizierungsstelle.</translation>
    </message>
    <message>
        <source>If you trust it, unpack it and import its folder.</source>
        <translation>Wenn Sie ihm trauen, entpacken Sie es und importieren Sie den Ordner.</translation>
    </message>
    <message>
        <source>If your network has an authority of its own, name its file in Settings → Downloads and network.</source>
        <translation>Hat Ihr Netz eine eigene Zertifizierungsstelle, nennen Sie deren Datei unter Einstellungen → Downloads und Netzwerk.</translation>
    </message>
    <message>
        <source>It is kept as it is. Move it away to start anew, or put a copy of yours in its place.</source>
        <translation>Sie bleibt, wie sie ist. Verschieben Sie sie, um neu zu beginnen, oder ersetzen Sie sie durch eine Kopie von Ihnen.</translation>
    </message>
    <message>
        <source>It is kept as it is. Restore a backup instead.</source>
        <translation>Sie bleibt, wie sie ist. Stellen Sie stattdessen eine Sicherung wieder her.</translation>
    </message>
    <message>
        <source>It is not an export of chats, or it was damaged.</source>
        <translation>Es ist kein Export von Chats, oder es wurde beschädigt.</translation>
    </message>
    <message>
        <source>It is shown as it was written.</source>
        <translation>Sie wird so gezeigt, wie sie geschrieben wurde.</translation>
    </message>
    <message>
        <source>It may be loading a model or be busy. Try again, or allow it more time in the server&apos;s entry.</source>
        <translation>Vielleicht lädt er ein Modell oder ist beschäftigt. Versuchen Sie es erneut, oder lassen Sie ihm in seinem Eintrag mehr Zeit.</translation>
    </message>
    <message>
        <source>It may have been deleted meanwhile; open the chat again.</source>
        <translation>Vielleicht wurde sie inzwischen gelöscht; öffnen Sie den Chat erneut.</translation>
    </message>
    <message>
        <source>It may have expired: create a new one in your account&apos;s settings and enter it.</source>
        <translation>Vielleicht ist es abgelaufen: Erstellen Sie in den Einstellungen Ihres Kontos ein neues, und geben Sie es ein.</translation>
    </message>
    <message>
        <source>It reads its own JSON, the exports of ChatGPT, Claude and Open WebUI, and the chats of LM Studio, Jan and GPT4All.</source>
        <translation>Es liest sein eigenes JSON, die Exporte von ChatGPT, Claude und Open WebUI und die Chats von LM Studio, Jan und GPT4All.</translation>
    </message>
    <message>
        <source>It was deleted. It may have been changed on its way: try again later, or on another network.</source>
        <translation>Es wurde gelöscht. Vielleicht wurde es unterwegs verändert: Versuchen Sie es später oder in einem anderen Netz erneut.</translation>
    </message>
    <message>
        <source>It was not put in place; what has arrived is kept. Try again later or on another network.</source>
        <translation>Sie wurde nicht übernommen; was angekommen ist, bleibt erhalten. Versuchen Sie es später oder in einem anderen Netz.</translation>
    </message>
    <message>
        <source>It was not used. It may have been changed on its way: try again later, or on another network.</source>
        <translation>Sie wurde nicht verwendet. Vielleicht wurde sie unterwegs verändert: Versuchen Sie es später oder in einem anderen Netz erneut.</translation>
    </message>
    <message>
        <source>Leave the branch out to see all that there are.</source>
        <translation>Lassen Sie den Branch weg, um alle vorhandenen zu sehen.</translation>
    </message>
    <message>
        <source>Leave the type out, or choose one of {known} for an unquantized model.</source>
        <translation>Lassen Sie den Typ weg, oder wählen Sie für ein unquantisiertes Modell einen von {known}.</translation>
    </message>
    <message>
        <source>Load the model without other machines, or use a build that has it.</source>
        <translation>Laden Sie das Modell ohne andere Rechner oder verwenden Sie einen Build, der es hat.</translation>
    </message>
    <message>
        <source>Look at the details; the file may be damaged, or too new for this version of Parley.</source>
        <translation>Sehen Sie in die Details; die Datei ist vielleicht beschädigt oder zu neu für diese Version von Parley.</translation>
    </message>
    <message>
        <source>Look at the repo&apos;s page for what it holds now. What has arrived is kept.</source>
        <translation>Sehen Sie auf der Seite des Repos nach, was es jetzt enthält. Was angekommen ist, bleibt erhalten.</translation>
    </message>
    <message>
        <source>Look at the server&apos;s log, or try again later.</source>
        <translation>Sehen Sie ins Protokoll des Servers, oder versuchen Sie es später erneut.</translation>
    </message>
    <message>
        <source>Look for a GGUF variant of this model.</source>
        <translation>Suchen Sie eine GGUF-Variante dieses Modells.</translation>
    </message>
    <message>
        <source>Look for a variant of this model in safetensors or GGUF.</source>
        <translation>Suchen Sie eine Variante dieses Modells in safetensors oder GGUF.</translation>
    </message>
    <message>
        <source>Look for the file anew on the Hub; what has arrived is kept.</source>
        <translation>Suchen Sie die Datei neu auf dem Hub; was angekommen ist, bleibt erhalten.</translation>
    </message>
    <message>
        <source>Look into probe.log in the folder for logs; installing Parley anew may help.</source>
        <translation>Sehen Sie in probe.log im Protokollordner nach; eine Neuinstallation von Parley hilft vielleicht.</translation>
    </message>
    <message>
        <source>Make room on the disk; otherwise an unfinished preparation is forgotten when the window closes.</source>
        <translation>Schaffen Sie Platz auf dem Laufwerk; sonst wird eine unfertige Vorbereitung beim Schließen des Fensters vergessen.</translation>
    </message>
    <message>
        <source>Models quantized by {method} cannot be repacked.</source>
        <translation>Mit {method} quantisierte Modelle lassen sich nicht umpacken.</translation>
    </message>
    <message>
        <source>Move it away, or choose another folder.</source>
        <translation>Verschieben Sie sie, oder wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>Move the program&apos;s whole folder instead.</source>
        <translation>Verschieben Sie stattdessen den ganzen Ordner des Programms.</translation>
    </message>
    <message>
        <source>Name a GGUF file with --model FILE, or add one with “parley models add FILE”.</source>
        <translation>Nennen Sie eine GGUF-Datei mit --model FILE, oder fügen Sie eine mit „parley models add FILE“ hinzu.</translation>
    </message>
    <message>
        <source>Name a file in PEM format.</source>
        <translation>Nennen Sie eine Datei im PEM-Format.</translation>
    </message>
    <message>
        <source>Name it by its number; see “parley chats folders list”.</source>
        <translation>Nennen Sie ihn mit seiner Nummer; siehe „parley chats folders list“.</translation>
    </message>
    <message>
        <source>Name one of your own templates.</source>
        <translation>Nennen Sie eine Ihrer eigenen Vorlagen.</translation>
    </message>
    <message>
        <source>Name one with --model ID; “parley servers models” lists them.</source>
        <translation>Nennen Sie eines mit --model ID; „parley servers models“ listet sie auf.</translation>
    </message>
    <message>
        <source>Name the one it is in.</source>
        <translation>Nennen Sie die, in der sie steht.</translation>
    </message>
    <message>
        <source>No chat that Parley can read is in {file}.</source>
        <translation>In {file} ist kein Chat, den Parley lesen kann.</translation>
    </message>
    <message>
        <source>No model is chosen yet.</source>
        <translation>Noch kein Modell gewählt.</translation>
    </message>
    <message>
        <source>Nothing can be written to {folder}: {reason}.</source>
        <translation>In {folder} kann nichts geschrieben werden: {reason}.</translation>
    </message>
    <message>
        <source>Nothing in {file} can be read any more.</source>
        <translation>In {file} lässt sich nichts mehr lesen.</translation>
    </message>
    <message>
        <source>Nothing is half done: start it again, and it goes on with what is missing.</source>
        <translation>Nichts ist halb getan: Starten Sie es erneut, und es macht mit dem Fehlenden weiter.</translation>
    </message>
    <message>
        <source>Nothing was changed. Check the disk you copy to, or choose another.</source>
        <translation>Nichts wurde geändert. Prüfen Sie das Ziellaufwerk, oder wählen Sie ein anderes.</translation>
    </message>
    <message>
        <source>Nothing was changed. Delete that file to restore the chats without them, or choose another backup.</source>
        <translation>Nichts wurde geändert. Löschen Sie diese Datei, um die Chats ohne sie wiederherzustellen, oder wählen Sie eine andere Sicherung.</translation>
    </message>
    <message>
        <source>Nothing was changed. Somebody may want you to go back to an old version; try again on another network.</source>
        <translation>Nichts wurde verändert. Vielleicht will jemand, dass Sie zu einer alten Version zurückkehren; versuchen Sie es in einem anderen Netz erneut.</translation>
    </message>
    <message>
        <source>Nothing was made of it, since a model with a made-up weight would talk nonsense. Download it again.</source>
        <translation>Es wurde nichts daraus gemacht, denn ein Modell mit einem erfundenen Gewicht redete Unsinn. Laden Sie es neu herunter.</translation>
    </message>
    <message>
        <source>Nothing was made of it. Download it again, or look for another repo of this model.</source>
        <translation>Es wurde nichts daraus gemacht. Laden Sie es neu herunter, oder suchen Sie ein anderes Repo dieses Modells.</translation>
    </message>
    <message>
        <source>Nothing was made of it. Download the model again, or look for another repo of it.</source>
        <translation>Es wurde nichts daraus gemacht. Laden Sie das Modell neu herunter, oder suchen Sie ein anderes Repo davon.</translation>
    </message>
    <message>
        <source>Nothing was made of it. It may be of a newer form than this version of Parley knows.</source>
        <translation>Es wurde nichts daraus gemacht. Vielleicht ist es von neuerer Form, als diese Version von Parley kennt.</translation>
    </message>
    <message>
        <source>Nothing was made of it. Try again; if it happens again, please report it.</source>
        <translation>Es wurde nichts daraus gemacht. Versuchen Sie es erneut; geschieht es wieder, melden Sie es bitte.</translation>
    </message>
    <message>
        <source>Only a reply that has begun can be continued.</source>
        <translation>Nur eine begonnene Antwort lässt sich fortsetzen.</translation>
    </message>
    <message>
        <source>Open a GGUF file first.</source>
        <translation>Öffnen Sie zuerst eine GGUF-Datei.</translation>
    </message>
    <message>
        <source>Open it in the program it comes from and save it again.</source>
        <translation>Öffnen Sie sie in dem Programm, aus dem sie stammt, und speichern Sie sie erneut.</translation>
    </message>
    <message>
        <source>Open its file again, then run the reply once more.</source>
        <translation>Öffnen Sie seine Datei wieder, und wiederholen Sie dann die Antwort.</translation>
    </message>
    <message>
        <source>Parley cannot write to {folder}.</source>
        <translation>Parley kann nicht in {folder} schreiben.</translation>
    </message>
    <message>
        <source>Parley does not know where {file} came from, so it cannot mend it.</source>
        <translation>Parley weiß nicht, woher {file} stammt, und kann die Datei daher nicht reparieren.</translation>
    </message>
    <message>
        <source>Parley keeps its data beside the program, in {folder}.</source>
        <translation>Parley bewahrt seine Daten neben dem Programm auf, in {folder}.</translation>
    </message>
    <message>
        <source>Put it back, or choose the file where it is now.</source>
        <translation>Legen Sie sie zurück, oder wählen Sie die Datei dort, wo sie jetzt ist.</translation>
    </message>
    <message>
        <source>Remove or move it there; Parley only reads it.</source>
        <translation>Entfernen oder verschieben Sie sie dort; Parley liest sie nur.</translation>
    </message>
    <message>
        <source>Restart Parley; if you have just updated it, this is enough.</source>
        <translation>Starten Sie Parley neu; nach einem Update genügt das.</translation>
    </message>
    <message>
        <source>Run it through text recognition (OCR) first, and attach what comes out.</source>
        <translation>Lassen Sie zuerst eine Texterkennung (OCR) darüberlaufen, und hängen Sie deren Ergebnis an.</translation>
    </message>
    <message>
        <source>Run it with another model instead, and choose the same one.</source>
        <translation>Antworten Sie stattdessen mit anderem Modell, und wählen Sie dasselbe.</translation>
    </message>
    <message>
        <source>Run there the rpc-server of the llama.cpp that “parley doctor” names.</source>
        <translation>Starten Sie dort den rpc-server des llama.cpp, das „parley doctor“ nennt.</translation>
    </message>
    <message>
        <source>Save a copy without the password and attach that.</source>
        <translation>Speichern Sie eine Kopie ohne Passwort, und hängen Sie diese an.</translation>
    </message>
    <message>
        <source>Save it anew, or attach a part of it as text.</source>
        <translation>Speichern Sie sie neu, oder hängen Sie einen Teil davon als Text an.</translation>
    </message>
    <message>
        <source>See /help, or begin with two slashes to send it as a message.</source>
        <translation>Siehe /help, oder beginnen Sie mit zwei Schrägstrichen, um es als Nachricht zu senden.</translation>
    </message>
    <message>
        <source>See /help.</source>
        <translation>Siehe /help.</translation>
    </message>
    <message>
        <source>See “parley backups list” for those there are.</source>
        <translation>„parley backups list“ zeigt die vorhandenen.</translation>
    </message>
    <message>
        <source>See “parley chats folders list” for those there are.</source>
        <translation>„parley chats folders list“ zeigt die vorhandenen.</translation>
    </message>
    <message>
        <source>See “parley chats list” for those there are.</source>
        <translation>„parley chats list“ zeigt die vorhandenen.</translation>
    </message>
    <message>
        <source>See “parley chats trash” for what there is; it is kept for 30 days.</source>
        <translation>„parley chats trash“ zeigt, was da ist; es bleibt 30 Tage erhalten.</translation>
    </message>
    <message>
        <source>See “parley models folders list” for those you have named.</source>
        <translation>„parley models folders list“ zeigt die genannten.</translation>
    </message>
    <message>
        <source>See “parley models list” for what there is.</source>
        <translation>„parley models list“ zeigt, was da ist.</translation>
    </message>
    <message>
        <source>See “parley models variants {repo}” for what it has.</source>
        <translation>„parley models variants {repo}“ zeigt, was es hat.</translation>
    </message>
    <message>
        <source>See “parley presets list” for those there are.</source>
        <translation>„parley presets list“ zeigt die vorhandenen.</translation>
    </message>
    <message>
        <source>Send it in parts, or only the part that matters.</source>
        <translation>Senden Sie sie in Teilen oder nur den Teil, auf den es ankommt.</translation>
    </message>
    <message>
        <source>Send only its beginning, load the model with a longer context, or leave something out.</source>
        <translation>Senden Sie nur den Anfang, laden Sie das Modell mit längerem Kontext, oder lassen Sie etwas weg.</translation>
    </message>
    <message>
        <source>Set an HTTP proxy in the system&apos;s settings, or none.</source>
        <translation>Setzen Sie einen HTTP-Proxy in den Einstellungen des Systems oder keinen.</translation>
    </message>
    <message>
        <source>Shorten the message, or load the model with a longer context.</source>
        <translation>Kürzen Sie die Nachricht, oder laden Sie das Modell mit längerem Kontext.</translation>
    </message>
    <message>
        <source>Something went wrong inside Parley.</source>
        <translation>In Parley ist etwas schiefgegangen.</translation>
    </message>
    <message>
        <source>Start Parley again; it knows the new place.</source>
        <translation>Starten Sie Parley erneut; es kennt den neuen Ort.</translation>
    </message>
    <message>
        <source>Switch it on in the settings, or choose a model on this machine.</source>
        <translation>Schalten Sie es in den Einstellungen ein, oder wählen Sie ein Modell auf diesem Rechner.</translation>
    </message>
    <message>
        <source>Switch it on in the settings, or load the model on this machine alone.</source>
        <translation>Schalten Sie es in den Einstellungen ein oder laden Sie das Modell nur auf diesem Rechner.</translation>
    </message>
    <message>
        <source>Switch it on there; the models on this machine work without it.</source>
        <translation>Schalten Sie es dort ein; die Modelle auf diesem Rechner arbeiten ohne Netz.</translation>
    </message>
    <message>
        <source>Text, code, Markdown, CSV, PDF and DOCX can be attached; save it as one of these.</source>
        <translation>Text, Code, Markdown, CSV, PDF und DOCX lassen sich anhängen; speichern Sie es als eines davon.</translation>
    </message>
    <message>
        <source>The Hub announced {announced} for {file}, but has {real}.</source>
        <translation>Der Hub hat für {file} {announced} angekündigt, hat aber {real}.</translation>
    </message>
    <message>
        <source>The PDF could not be made: {reason}.</source>
        <translation>Das PDF konnte nicht erzeugt werden: {reason}.</translation>
    </message>
    <message>
        <source>The architecture {architecture} cannot be repacked; Parley knows {known}.</source>
        <translation>Die Architektur {architecture} lässt sich nicht umpacken; Parley kennt {known}.</translation>
    </message>
    <message>
        <source>The archive {file} cannot be read: {reason}.</source>
        <translation>Das Archiv {file} kann nicht gelesen werden: {reason}.</translation>
    </message>
    <message>
        <source>The backup {file} is damaged, or is not one of Parley.</source>
        <translation>Die Sicherung {file} ist beschädigt oder keine von Parley.</translation>
    </message>
    <message>
        <source>The backup {file} was made by a newer version of Parley.</source>
        <translation>Die Sicherung {file} stammt von einer neueren Version von Parley.</translation>
    </message>
    <message>
        <source>The chat template “{name}” has changed since this reply was written.</source>
        <translation>Die Chat-Vorlage „{name}“ wurde geändert, seit diese Antwort geschrieben wurde.</translation>
    </message>
    <message>
        <source>The chat template “{template}” cannot render this chat: {reason}.</source>
        <translation>Die Chat-Vorlage „{template}“ kann diesen Chat nicht darstellen: {reason}.</translation>
    </message>
    <message>
        <source>The checkpoint holds {tensor}, for which this architecture has no place ({count} of this kind).</source>
        <translation>Der Checkpoint enthält {tensor}, wofür diese Architektur keinen Platz hat ({count} dieser Art).</translation>
    </message>
    <message>
        <source>The checkpoint lacks {tensor}.</source>
        <translation>Dem Checkpoint fehlt {tensor}.</translation>
    </message>
    <message>
        <source>The command is used as: {usage}.</source>
        <translation>Der Befehl lautet: {usage}.</translation>
    </message>
    <message>
        <source>The chat itself is kept; see “parley chats list”.</source>
        <translation>Der Chat selbst bleibt erhalten; siehe „parley chats list“.</translation>
    </message>
    <message>
        <source>The database {file} cannot be opened or read.</source>
        <translation>Die Datenbank {file} lässt sich nicht öffnen oder lesen.</translation>
    </message>
    <message>
        <source>The database {file} is damaged.</source>
        <translation>Die Datenbank {file} ist beschädigt.</translation>
    </message>
    <message>
        <source>The disk that holds {folder} is full.</source>
        <translation>Das Laufwerk von {folder} ist voll.</translation>
    </message>
    <message>
        <source>The disk that holds {folder} is nearly full, so the download has paused.</source>
        <translation>Das Laufwerk von {folder} ist fast voll; der Download pausiert daher.</translation>
    </message>
    <message>
        <source>The download stopped: {reason}.</source>
        <translation>Der Download hat angehalten: {reason}.</translation>
    </message>
    <message>
        <source>The engine stopped while it used {hosts}: most likely a machine that holds a part of the model was lost.</source>
        <translation>Die Engine ist stehen geblieben, während sie {hosts} benutzte: Wahrscheinlich ist ein Rechner weggefallen, der einen Teil des Modells hält.</translation>
    </message>
    <message>
        <source>The engine stopped: {reason}.</source>
        <translation>Die Engine hat angehalten: {reason}.</translation>
    </message>
    <message>
        <source>The folder “{name}” cannot be moved into itself.</source>
        <translation>Der Ordner „{name}“ lässt sich nicht in sich selbst verschieben.</translation>
    </message>
    <message>
        <source>The grammar cannot be parsed.</source>
        <translation>Die Grammatik ist ungültig.</translation>
    </message>
    <message>
        <source>The header of {file} is longer than {limit}.</source>
        <translation>Der Kopf von {file} ist länger als {limit}.</translation>
    </message>
    <message>
        <source>The key cannot be kept: {reason}.</source>
        <translation>Der Schlüssel kann nicht aufbewahrt werden: {reason}.</translation>
    </message>
    <message>
        <source>The list of preparations could not be saved: {reason}.</source>
        <translation>Die Liste der Vorbereitungen konnte nicht gespeichert werden: {reason}.</translation>
    </message>
    <message>
        <source>The list of servers in {file} cannot be read: {reason}.</source>
        <translation>Die Serverliste in {file} kann nicht gelesen werden: {reason}.</translation>
    </message>
    <message>
        <source>The list of versions from {host} cannot be used: {reason}.</source>
        <translation>Die Liste der Versionen von {host} kann nicht verwendet werden: {reason}.</translation>
    </message>
    <message>
        <source>The list of versions from {host} does not bear the signature of Parley&apos;s makers.</source>
        <translation>Die Liste der Versionen von {host} trägt nicht die Unterschrift der Hersteller von Parley.</translation>
    </message>
    <message>
        <source>The machine {host}, which holds a part of the model, no longer answers.</source>
        <translation>Der Rechner {host}, der einen Teil des Modells hält, antwortet nicht mehr.</translation>
    </message>
    <message>
        <source>The machine {host}, which is to hold a part of the model, cannot be reached: {reason}.</source>
        <translation>Der Rechner {host}, der einen Teil des Modells halten soll, ist nicht erreichbar: {reason}.</translation>
    </message>
    <message>
        <source>The message has {characters} characters, but Parley takes at most {limit}.</source>
        <translation>Die Nachricht hat {characters} Zeichen; Parley nimmt höchstens {limit}.</translation>
    </message>
    <message>
        <source>The message is empty.</source>
        <translation>Die Nachricht ist leer.</translation>
    </message>
    <message>
        <source>The model is ready, but its original {file} could not be removed: {reason}.</source>
        <translation>Das Modell ist bereit, aber das Original {file} ließ sich nicht entfernen: {reason}.</translation>
    </message>
    <message>
        <source>The model is still busy with another reply.</source>
        <translation>Das Modell ist noch mit einer anderen Antwort beschäftigt.</translation>
    </message>
    <message>
        <source>The model stopped with an error while {activity}.</source>
        <translation>Das Modell hat mit einem Fehler angehalten: {activity}.</translation>
    </message>
    <message>
        <source>The network is switched off for Parley, and a part of the model is to lie on {host}.</source>
        <translation>Das Netzwerk ist für Parley ausgeschaltet, und ein Teil des Modells soll auf {host} liegen.</translation>
    </message>
    <message>
        <source>The network is switched off for Parley, and “{server}” is on another machine.</source>
        <translation>Das Netzwerk ist für Parley abgeschaltet, und „{server}“ ist auf einem anderen Rechner.</translation>
    </message>
    <message>
        <source>The network is switched off for Parley, by “Work offline” in the settings or by HF_HUB_OFFLINE.</source>
        <translation>Das Netz ist für Parley ausgeschaltet, durch „Offline arbeiten“ in den Einstellungen oder durch HF_HUB_OFFLINE.</translation>
    </message>
    <message>
        <source>The new version cannot be kept in {folder}: {reason}.</source>
        <translation>Die neue Version kann nicht in {folder} abgelegt werden: {reason}.</translation>
    </message>
    <message>
        <source>The original is where it was; check the disk before you try again.</source>
        <translation>Das Original ist, wo es war; prüfen Sie das Laufwerk, bevor Sie es erneut versuchen.</translation>
    </message>
    <message>
        <source>The others are not affected.</source>
        <translation>Die übrigen sind nicht betroffen.</translation>
    </message>
    <message>
        <source>The output cannot be written: {reason}.</source>
        <translation>Die Ausgabe kann nicht geschrieben werden: {reason}.</translation>
    </message>
    <message>
        <source>The preparation of the model stopped: {reason}.</source>
        <translation>Die Vorbereitung des Modells hat angehalten: {reason}.</translation>
    </message>
    <message>
        <source>The preset “{name}” needs a value for {variables}.</source>
        <translation>Das Preset „{name}“ braucht einen Wert für {variables}.</translation>
    </message>
    <message>
        <source>The proxy {proxy} cannot be used.</source>
        <translation>Der Proxy {proxy} lässt sich nicht verwenden.</translation>
    </message>
    <message>
        <source>The repo has a file named “{file}”, which points outside its folder.</source>
        <translation>Das Repo hat eine Datei namens „{file}“, die aus seinem Ordner hinauszeigt.</translation>
    </message>
    <message>
        <source>The result was thrown away, since {tensor} in it differs from the checkpoint: {reason}.</source>
        <translation>Das Ergebnis wurde verworfen, da {tensor} darin vom Checkpoint abweicht: {reason}.</translation>
    </message>
    <message>
        <source>The rpc-server at {host} speaks version {theirs} of its protocol, this Parley {ours}.</source>
        <translation>Der rpc-server auf {host} spricht Version {theirs} seines Protokolls, dieses Parley {ours}.</translation>
    </message>
    <message>
        <source>The search for a newer version stopped: {reason}.</source>
        <translation>Die Suche nach einer neueren Version ist abgebrochen: {reason}.</translation>
    </message>
    <message>
        <source>The search stopped: {reason}.</source>
        <translation>Die Suche hat angehalten: {reason}.</translation>
    </message>
    <message>
        <source>The settings file was damaged; Parley uses its defaults.</source>
        <translation>Die Einstellungsdatei war beschädigt; Parley verwendet seine Standardwerte.</translation>
    </message>
    <message>
        <source>The token cannot be kept: {reason}.</source>
        <translation>Das Token kann nicht aufbewahrt werden: {reason}.</translation>
    </message>
    <message>
        <source>The tokenizer of this model cannot be carried over: {reason}.</source>
        <translation>Der Tokenizer dieses Modells lässt sich nicht übernehmen: {reason}.</translation>
    </message>
    <message>
        <source>The type {type} cannot be made of this checkpoint: {reason}.</source>
        <translation>Der Typ {type} lässt sich aus diesem Checkpoint nicht machen: {reason}.</translation>
    </message>
    <message>
        <source>The work stopped: {reason}.</source>
        <translation>Die Arbeit hat angehalten: {reason}.</translation>
    </message>
    <message>
        <source>There are several folders called “{name}”.</source>
        <translation>Mehrere Ordner heißen „{name}“.</translation>
    </message>
    <message>
        <source>There is a preset “{name}” already.</source>
        <translation>Es gibt schon ein Preset „{name}“.</translation>
    </message>
    <message>
        <source>There is a server called “{name}” already.</source>
        <translation>Es gibt schon einen Server namens „{name}“.</translation>
    </message>
    <message>
        <source>There is no backup {name}.</source>
        <translation>Es gibt keine Sicherung {name}.</translation>
    </message>
    <message>
        <source>There is no chat template “{name}”.</source>
        <translation>Es gibt keine Chat-Vorlage „{name}“.</translation>
    </message>
    <message>
        <source>There is no command {command}.</source>
        <translation>Es gibt keinen Befehl {command}.</translation>
    </message>
    <message>
        <source>There is no chat {id}.</source>
        <translation>Es gibt keinen Chat {id}.</translation>
    </message>
    <message>
        <source>There is no folder called “{name}”.</source>
        <translation>Es gibt keinen Ordner namens „{name}“.</translation>
    </message>
    <message>
        <source>There is no folder {id}.</source>
        <translation>Es gibt keinen Ordner {id}.</translation>
    </message>
    <message>
        <source>There is no message to answer again.</source>
        <translation>Es gibt keine Nachricht, die neu zu beantworten wäre.</translation>
    </message>
    <message>
        <source>There is no message {id} in this chat.</source>
        <translation>In diesem Chat gibt es keine Nachricht {id}.</translation>
    </message>
    <message>
        <source>There is no preset “{name}”.</source>
        <translation>Es gibt kein Preset „{name}“.</translation>
    </message>
    <message>
        <source>There is no repo {repo} on the Hub.</source>
        <translation>Auf dem Hub gibt es kein Repo {repo}.</translation>
    </message>
    <message>
        <source>There is no server called “{name}”.</source>
        <translation>Es gibt keinen Server namens „{name}“.</translation>
    </message>
    <message>
        <source>There is no {id} in the trash.</source>
        <translation>Im Papierkorb gibt es {id} nicht.</translation>
    </message>
    <message>
        <source>There is not enough room in {folder}: {need} are needed, {free} are free.</source>
        <translation>In {folder} ist zu wenig Platz: {need} sind nötig, {free} sind frei.</translation>
    </message>
    <message>
        <source>There is nothing to back up yet.</source>
        <translation>Es gibt noch nichts zu sichern.</translation>
    </message>
    <message>
        <source>These could not be attached: {files}.</source>
        <translation>Diese konnten nicht angehängt werden: {files}.</translation>
    </message>
    <message>
        <source>They can be read, but not changed. Update Parley to go on writing.</source>
        <translation>Sie lassen sich lesen, aber nicht ändern. Aktualisieren Sie Parley, um weiterzuschreiben.</translation>
    </message>
    <message>
        <source>This build of Parley cannot spread a model over several machines: its llama.cpp has no RPC.</source>
        <translation>Dieser Build von Parley kann ein Modell nicht auf mehrere Rechner verteilen: Seinem llama.cpp fehlt RPC.</translation>
    </message>
    <message>
        <source>This chat could not be read: {reason}.</source>
        <translation>Dieser Chat konnte nicht gelesen werden: {reason}.</translation>
    </message>
    <message>
        <source>This formula cannot be drawn.</source>
        <translation>Diese Formel lässt sich nicht zeichnen.</translation>
    </message>
    <message>
        <source>This is not a key: {reason}.</source>
        <translation>Das ist kein Schlüssel: {reason}.</translation>
    </message>
    <message>
        <source>This is not a token: {reason}.</source>
        <translation>Das ist kein Token: {reason}.</translation>
    </message>
    <message>
        <source>This message cannot be run again exactly: no model on this machine wrote it.</source>
        <translation>Diese Nachricht lässt sich nicht genau wiederholen: Kein Modell auf diesem Rechner hat sie geschrieben.</translation>
    </message>
    <message>
        <source>This message comes to {tokens} tokens, but the model reads at most {limit} at once.</source>
        <translation>Diese Nachricht kommt auf {tokens} Tokens, aber das Modell liest höchstens {limit} auf einmal.</translation>
    </message>
    <message>
        <source>This message needs at least {tokens} tokens, but the model reads at most {limit} at once.</source>
        <translation>Diese Nachricht braucht mindestens {tokens} Tokens, aber das Modell liest höchstens {limit} auf einmal.</translation>
    </message>
    <message>
        <source>This model scales its positions by “{kind}”, which cannot be carried over.</source>
        <translation>Dieses Modell skaliert seine Positionen nach „{kind}“; das lässt sich nicht übernehmen.</translation>
    </message>
    <message>
        <source>This server cannot be used: {reason}.</source>
        <translation>Dieser Server lässt sich nicht verwenden: {reason}.</translation>
    </message>
    <message>
        <source>To run the reply again exactly, bring the template&apos;s old text back.</source>
        <translation>Um die Antwort genau so zu wiederholen, stellen Sie den alten Text der Vorlage wieder her.</translation>
    </message>
    <message>
        <source>Free some space on the disk that holds {folder}, then try again. The daily backup tries every hour.</source>
        <translation>Schaffen Sie Platz auf dem Datenträger mit {folder} und versuchen Sie es erneut. Die tägliche Sicherung versucht es stündlich.</translation>
    </message>
    <message>
        <source>Name another place with --host or --port; port 0 is any that is free.</source>
        <translation>Nennen Sie mit --host oder --port etwas anderes; Port 0 ist irgendein freier.</translation>
    </message>
    <message>
        <source>Parley cannot listen at {address}: {reason}.</source>
        <translation>Parley kann unter {address} nicht erreichbar sein: {reason}.</translation>
    </message>
    <message>
        <source>There is no room for a backup of your chats: {need} are needed, {free} are free.</source>
        <translation>Für eine Sicherung Ihrer Chats fehlt der Platz: {need} sind nötig, {free} sind frei.</translation>
    </message>
    <message>
        <source>Try again in {seconds} seconds.</source>
        <translation>Versuchen Sie es in {seconds} Sekunden erneut.</translation>
    </message>
    <message>
        <source>Try again in {seconds} seconds; with a token, more requests are allowed.</source>
        <translation>Versuchen Sie es in {seconds} Sekunden erneut; mit einem Token sind mehr Anfragen erlaubt.</translation>
    </message>
    <message>
        <source>Try again later.</source>
        <translation>Versuchen Sie es später erneut.</translation>
    </message>
    <message>
        <source>Try again later. What has arrived is kept, and the download goes on from there.</source>
        <translation>Versuchen Sie es später erneut. Was angekommen ist, bleibt erhalten, und der Download geht von dort weiter.</translation>
    </message>
    <message>
        <source>Try again, or attach it as text.</source>
        <translation>Versuchen Sie es erneut, oder hängen Sie es als Text an.</translation>
    </message>
    <message>
        <source>Try again, or export as HTML and print it from a browser.</source>
        <translation>Versuchen Sie es erneut, oder exportieren Sie als HTML und drucken Sie es aus einem Browser.</translation>
    </message>
    <message>
        <source>Try again.</source>
        <translation>Versuchen Sie es erneut.</translation>
    </message>
    <message>
        <source>Try again; if it happens again, load the model with a shorter context.</source>
        <translation>Versuchen Sie es erneut; geschieht es wieder, laden Sie das Modell mit kürzerem Kontext.</translation>
    </message>
    <message>
        <source>Unpin some of them, or load the model with a longer context.</source>
        <translation>Lösen Sie einige davon, oder laden Sie das Modell mit längerem Kontext.</translation>
    </message>
    <message>
        <source>Update Parley first, or choose an older backup.</source>
        <translation>Aktualisieren Sie zuerst Parley, oder wählen Sie eine ältere Sicherung.</translation>
    </message>
    <message>
        <source>Update Parley, or save it with an older version of the program.</source>
        <translation>Aktualisieren Sie Parley, oder speichern Sie mit einer älteren Version des Programms.</translation>
    </message>
    <message>
        <source>Use it, or move it away to have it made anew.</source>
        <translation>Verwenden Sie sie, oder verschieben Sie sie, damit sie neu entsteht.</translation>
    </message>
    <message>
        <source>Version {version} has no package for this machine.</source>
        <translation>Von Version {version} gibt es kein Paket für diesen Rechner.</translation>
    </message>
    <message>
        <source>Wait for it, or stop it first.</source>
        <translation>Warten Sie darauf, oder stoppen Sie sie zuerst.</translation>
    </message>
    <message>
        <source>Wait for it, or stop it there.</source>
        <translation>Warten Sie darauf, oder stoppen Sie es dort.</translation>
    </message>
    <message>
        <source>Wait until that reply is done, or stop it there first.</source>
        <translation>Warten Sie, bis diese Antwort fertig ist, oder stoppen Sie sie dort zuerst.</translation>
    </message>
    <message>
        <source>Wait until whatever writes to the folder is done, then try again.</source>
        <translation>Warten Sie, bis nichts mehr in den Ordner schreibt, und versuchen Sie es erneut.</translation>
    </message>
    <message>
        <source>What answers at {host} is no rpc-server that this Parley understands.</source>
        <translation>Was auf {host} antwortet, ist kein rpc-server, den dieses Parley versteht.</translation>
    </message>
    <message>
        <source>What had come is kept. Try again to have the message answered anew.</source>
        <translation>Was gekommen war, bleibt erhalten. Versuchen Sie es erneut, um eine neue Antwort zu erhalten.</translation>
    </message>
    <message>
        <source>What has arrived is kept as it is. Try again later, or cancel the download and start it anew.</source>
        <translation>Was angekommen ist, bleibt, wie es ist. Versuchen Sie es später erneut, oder brechen Sie den Download ab und beginnen Sie neu.</translation>
    </message>
    <message>
        <source>What has arrived is kept. Try again to go on from there.</source>
        <translation>Was angekommen ist, bleibt erhalten. Versuchen Sie es erneut, um dort weiterzumachen.</translation>
    </message>
    <message>
        <source>What it had written is kept. Send a message or try again to start it anew.</source>
        <translation>Was sie geschrieben hatte, bleibt erhalten. Senden Sie eine Nachricht, oder versuchen Sie es erneut, um sie neu zu starten.</translation>
    </message>
    <message>
        <source>What it held is kept as {file}.</source>
        <translation>Ihr Inhalt bleibt als {file} erhalten.</translation>
    </message>
    <message>
        <source>What stood before came in. Export it again and import it once more; nothing comes in twice.</source>
        <translation>Was davor stand, ist da. Exportieren Sie erneut, und importieren Sie es noch einmal; nichts kommt doppelt herein.</translation>
    </message>
    <message>
        <source>What was done is kept. Try again to go on from there.</source>
        <translation>Was getan ist, bleibt erhalten. Versuchen Sie es erneut, um dort weiterzumachen.</translation>
    </message>
    <message>
        <source>What was written is kept. Check that every machine runs, then load the model again.</source>
        <translation>Was geschrieben war, bleibt erhalten. Prüfen Sie, ob alle Rechner laufen, und laden Sie das Modell dann erneut.</translation>
    </message>
    <message>
        <source>What was written is kept. Check that it runs and is on the network, then load the model again.</source>
        <translation>Was geschrieben war, bleibt erhalten. Prüfen Sie, ob er läuft und im Netz ist, und laden Sie das Modell dann erneut.</translation>
    </message>
    <message>
        <source>Which file of {name} wrote this reply was not noted, so it cannot be run again exactly.</source>
        <translation>Welche Datei von {name} diese Antwort schrieb, ist nicht vermerkt; sie lässt sich daher nicht genau wiederholen.</translation>
    </message>
    <message>
        <source>With the pinned messages this comes to {tokens} tokens, but the model reads at most {limit} at once.</source>
        <translation>Mit den angehefteten Nachrichten sind das {tokens} Tokens, aber das Modell liest höchstens {limit} auf einmal.</translation>
    </message>
    <message>
        <source>Write one first.</source>
        <translation>Schreiben Sie zuerst eine.</translation>
    </message>
    <message>
        <source>Write owner/name, owner/name:branch, or paste the address of the model&apos;s page.</source>
        <translation>Schreiben Sie owner/name oder owner/name:branch, oder fügen Sie die Adresse der Modellseite ein.</translation>
    </message>
    <message>
        <source>Write something first.</source>
        <translation>Schreiben Sie zuerst etwas.</translation>
    </message>
    <message>
        <source>Your account may not read the files of {repo} yet.</source>
        <translation>Ihr Konto darf die Dateien von {repo} noch nicht lesen.</translation>
    </message>
    <message>
        <source>Your chats are kept in {folder}, but they are not there now.</source>
        <translation>Ihre Chats liegen in {folder}, sind dort aber gerade nicht zu finden.</translation>
    </message>
    <message>
        <source>Your chats are safe. Please copy the details and report them.</source>
        <translation>Ihre Chats sind sicher. Bitte kopieren Sie die Details, und melden Sie sie.</translation>
    </message>
    <message>
        <source>A preset needs a name of at most {most} characters.</source>
        <translation>Ein Preset braucht einen Namen mit höchstens {most} Zeichen.</translation>
    </message>
    <message>
        <source>Choose a folder on another disk; one with FAT32, for example, takes files of at most 4 GB.</source>
        <translation>Wählen Sie einen Ordner auf einem anderen Laufwerk; eines mit FAT32 etwa nimmt nur Dateien bis 4 GB auf.</translation>
    </message>
    <message>
        <source>Delete what ends in “.part” there with your file manager.</source>
        <translation>Löschen Sie dort mit Ihrem Dateimanager, was auf „.part“ endet.</translation>
    </message>
    <message>
        <source>Give it one.</source>
        <translation>Geben Sie ihm einen.</translation>
    </message>
    <message>
        <source>Look for the same model in another repo.</source>
        <translation>Suchen Sie dasselbe Modell in einem anderen Repo.</translation>
    </message>
    <message>
        <source>Nothing was changed. Check the disk, or choose another folder.</source>
        <translation>Es wurde nichts geändert. Prüfen Sie das Laufwerk, oder wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>Put both into its address in Settings → Downloads and network: http://NAME:PASSWORD@HOST:PORT.</source>
        <translation>Tragen Sie beides in seine Adresse ein, unter Einstellungen → Downloads und Netzwerk: http://NAME:PASSWORT@HOST:PORT.</translation>
    </message>
    <message>
        <source>Something of {file} is left in {folder}, because it cannot be deleted: {reason}.</source>
        <translation>Von {file} ist in {folder} etwas übrig, weil es sich nicht löschen lässt: {reason}.</translation>
    </message>
    <message>
        <source>The data cannot be moved to {folder}: {reason}.</source>
        <translation>Die Daten lassen sich nicht nach {folder} verschieben: {reason}.</translation>
    </message>
    <message>
        <source>The disk that holds {folder} takes no file as large as this one.</source>
        <translation>Das Laufwerk von {folder} nimmt keine so große Datei auf.</translation>
    </message>
    <message>
        <source>The proxy {proxy} asks for a name and a password that it knows.</source>
        <translation>Der Proxy {proxy} verlangt einen Namen und ein Passwort, die er kennt.</translation>
    </message>
    <message>
        <source>The repo has a file named “{file}”, which no file can be called on Windows.</source>
        <translation>Das Repo hat eine Datei namens „{file}“; so kann unter Windows keine Datei heißen.</translation>
    </message>
    <message>
        <source>What the first ones hold came in. Import the folders inside it one by one; nothing comes in twice.</source>
        <translation>Was in den ersten steht, ist importiert. Importieren Sie die Ordner darin einzeln; nichts kommt doppelt an.</translation>
    </message>
    <message>
        <source>Your chats at {folder} are in use by another program.</source>
        <translation>Ihre Chats in {folder} werden von einem anderen Programm benutzt.</translation>
    </message>
    <message>
        <source>Your chats were moved from {folder} to another folder.</source>
        <translation>Ihre Chats sind von {folder} in einen anderen Ordner umgezogen.</translation>
    </message>
    <message>
        <source>Your chats were saved by a newer version of Parley.</source>
        <translation>Ihre Chats wurden mit einer neueren Version von Parley gespeichert.</translation>
    </message>
    <message>
        <source>a count in it makes no sense</source>
        <translation>eine Anzahl darin ergibt keinen Sinn</translation>
    </message>
    <message>
        <source>a key does not belong into the address; it is entered apart</source>
        <translation>ein Schlüssel gehört nicht in die Adresse, sondern in sein eigenes Feld</translation>
    </message>
    <message>
        <source>a rule under “dynamic” cannot be read</source>
        <translation>eine Regel unter „dynamic“ ist nicht lesbar</translation>
    </message>
    <message>
        <source>a template that ships with Parley is called so</source>
        <translation>so heißt eine Vorlage, die zu Parley gehört</translation>
    </message>
    <message>
        <source>a text in it is too long</source>
        <translation>ein Text darin ist zu lang</translation>
    </message>
    <message>
        <source>another template is called so</source>
        <translation>so heißt schon eine andere Vorlage</translation>
    </message>
    <message>
        <source>connection refused</source>
        <translation>Verbindung abgelehnt</translation>
    </message>
    <message>
        <source>connection reset by peer</source>
        <translation>Verbindung von der Gegenstelle getrennt</translation>
    </message>
    <message>
        <source>does not describe its codes</source>
        <translation>die Codes sind nicht beschrieben</translation>
    </message>
    <message>
        <source>expected a whole number</source>
        <translation>erwartet wird eine ganze Zahl</translation>
    </message>
    <message>
        <source>expected an address such as http://name:port</source>
        <translation>erwartet wird eine Adresse wie http://name:port</translation>
    </message>
    <message>
        <source>expected at least {number}</source>
        <translation>erwartet wird mindestens {number}</translation>
    </message>
    <message>
        <source>expected at most {number}</source>
        <translation>erwartet wird höchstens {number}</translation>
    </message>
    <message>
        <source>expected keys such as Ctrl+Shift+N or F5</source>
        <translation>erwartet werden Tasten wie Strg+Umschalt+N oder F5</translation>
    </message>
    <message>
        <source>expected on or off</source>
        <translation>erwartet wird on oder off</translation>
    </message>
    <message>
        <source>expected the whole path, from the root on</source>
        <translation>erwartet wird der ganze Pfad, vom Wurzelverzeichnis an</translation>
    </message>
    <message>
        <source>file exists</source>
        <translation>Datei ist schon vorhanden</translation>
    </message>
    <message>
        <source>has no levels but zero</source>
        <translation>hat keine Stufen außer null</translation>
    </message>
    <message>
        <source>input/output error</source>
        <translation>Ein-/Ausgabefehler</translation>
    </message>
    <message>
        <source>is a directory</source>
        <translation>ist ein Ordner</translation>
    </message>
    <message>
        <source>it cannot continue a broken transfer</source>
        <translation>eine abgebrochene Übertragung lässt sich dort nicht fortsetzen</translation>
    </message>
    <message>
        <source>it closed the connection</source>
        <translation>die Gegenseite hat die Verbindung geschlossen</translation>
    </message>
    <message>
        <source>it could not be started ({reason})</source>
        <translation>Start nicht möglich ({reason})</translation>
    </message>
    <message>
        <source>it crashed (code {number})</source>
        <translation>Absturz (Code {number})</translation>
    </message>
    <message>
        <source>it crashed ({name}, signal {number})</source>
        <translation>Absturz ({name}, Signal {number})</translation>
    </message>
    <message>
        <source>it does not answer</source>
        <translation>keine Antwort</translation>
    </message>
    <message>
        <source>it does not have the form it should have</source>
        <translation>sie hat nicht die Form, die sie haben sollte</translation>
    </message>
    <message>
        <source>it does not speak TLS as expected</source>
        <translation>spricht nicht wie erwartet TLS</translation>
    </message>
    <message>
        <source>it ended by itself</source>
        <translation>von selbst beendet</translation>
    </message>
    <message>
        <source>it ended with exit code {number}</source>
        <translation>mit Exit-Code {number} beendet</translation>
    </message>
    <message>
        <source>it ends within its header</source>
        <translation>endet mitten im Kopf</translation>
    </message>
    <message>
        <source>it has a part of an unknown kind</source>
        <translation>enthält einen Teil unbekannter Art</translation>
    </message>
    <message>
        <source>it has another type, shape or place</source>
        <translation>anderer Typ, andere Form oder anderer Ort</translation>
    </message>
    <message>
        <source>it has no .safetensors files</source>
        <translation>keine .safetensors-Dateien vorhanden</translation>
    </message>
    <message>
        <source>it has no config.json</source>
        <translation>keine config.json vorhanden</translation>
    </message>
    <message>
        <source>it has no id</source>
        <translation>ohne ID</translation>
    </message>
    <message>
        <source>it has no merges</source>
        <translation>keine Merges vorhanden</translation>
    </message>
    <message>
        <source>it holds a value of an unknown kind</source>
        <translation>enthält einen Wert unbekannter Art</translation>
    </message>
    <message>
        <source>it holds no certificate in PEM format</source>
        <translation>sie enthält kein Zertifikat im PEM-Format</translation>
    </message>
    <message>
        <source>it holds no settings</source>
        <translation>enthält keine Einstellungen</translation>
    </message>
    <message>
        <source>it holds spaces or other signs that no key has, or is too long</source>
        <translation>enthält Leerzeichen oder andere Zeichen, die kein Schlüssel hat, oder ist zu lang</translation>
    </message>
    <message>
        <source>it holds spaces or other signs that no token has, or is of an unlikely length</source>
        <translation>enthält Leerzeichen oder andere Zeichen, die kein Token hat, oder ist unwahrscheinlich lang</translation>
    </message>
    <message>
        <source>it is cut off</source>
        <translation>abgeschnitten</translation>
    </message>
    <message>
        <source>it is damaged</source>
        <translation>beschädigt</translation>
    </message>
    <message>
        <source>it is empty</source>
        <translation>leer</translation>
    </message>
    <message>
        <source>it is far too large</source>
        <translation>viel zu groß</translation>
    </message>
    <message>
        <source>it is missing</source>
        <translation>fehlt</translation>
    </message>
    <message>
        <source>it is not a chat of GPT4All</source>
        <translation>kein Chat von GPT4All</translation>
    </message>
    <message>
        <source>it is not a file</source>
        <translation>keine Datei</translation>
    </message>
    <message>
        <source>it is not a message</source>
        <translation>keine Nachricht</translation>
    </message>
    <message>
        <source>it is not a whole PDF</source>
        <translation>kein vollständiges PDF</translation>
    </message>
    <message>
        <source>it is not a whole document</source>
        <translation>kein vollständiges Dokument</translation>
    </message>
    <message>
        <source>it is not a whole zip file</source>
        <translation>keine vollständige ZIP-Datei</translation>
    </message>
    <message>
        <source>it is not an object</source>
        <translation>kein Objekt</translation>
    </message>
    <message>
        <source>it is not text in UTF-8</source>
        <translation>kein Text in UTF-8</translation>
    </message>
    <message>
        <source>it is not there</source>
        <translation>nicht vorhanden</translation>
    </message>
    <message>
        <source>it is not there, or not a folder</source>
        <translation>nicht vorhanden oder kein Ordner</translation>
    </message>
    <message>
        <source>it is not to be quantized like this</source>
        <translation>soll nicht so quantisiert werden</translation>
    </message>
    <message>
        <source>it is not valid JSON</source>
        <translation>kein gültiges JSON</translation>
    </message>
    <message>
        <source>it is of no format that Parley knows</source>
        <translation>kein Format, das Parley kennt</translation>
    </message>
    <message>
        <source>it is protected by a password</source>
        <translation>mit einem Passwort geschützt</translation>
    </message>
    <message>
        <source>it is still running</source>
        <translation>läuft noch</translation>
    </message>
    <message>
        <source>it is too large</source>
        <translation>zu groß</translation>
    </message>
    <message>
        <source>it is too long</source>
        <translation>zu lang</translation>
    </message>
    <message>
        <source>it is too slow</source>
        <translation>zu langsam</translation>
    </message>
    <message>
        <source>it is used in text fields and lists</source>
        <translation>wird in Textfeldern und Listen gebraucht</translation>
    </message>
    <message>
        <source>it leads nowhere</source>
        <translation>führt ins Leere</translation>
    </message>
    <message>
        <source>it lists no weights</source>
        <translation>nennt keine Gewichte</translation>
    </message>
    <message>
        <source>it makes no sense</source>
        <translation>ergibt keinen Sinn</translation>
    </message>
    <message>
        <source>it may have letters, digits, spaces and . , + - ( ) _ in it</source>
        <translation>erlaubt sind Buchstaben, Ziffern, Leerzeichen und . , + - ( ) _</translation>
    </message>
    <message>
        <source>it must look like 192.168.1.20:50052</source>
        <translation>er muss wie 192.168.1.20:50052 aussehen</translation>
    </message>
    <message>
        <source>it names a package in a way that is not safe</source>
        <translation>sie nennt ein Paket auf unsichere Weise</translation>
    </message>
    <message>
        <source>it names files outside of its folder</source>
        <translation>nennt Dateien außerhalb des Ordners</translation>
    </message>
    <message>
        <source>it needs --rope-scaling</source>
        <translation>braucht --rope-scaling</translation>
    </message>
    <message>
        <source>it splits text in a way that llama.cpp does not know</source>
        <translation>teilt Text auf eine Weise, die llama.cpp nicht kennt</translation>
    </message>
    <message>
        <source>it takes whole words in a way that llama.cpp does not know</source>
        <translation>nimmt ganze Wörter auf eine Weise, die llama.cpp nicht kennt</translation>
    </message>
    <message>
        <source>it took too long</source>
        <translation>dauerte zu lange</translation>
    </message>
    <message>
        <source>it was ended by signal {number}</source>
        <translation>durch Signal {number} beendet</translation>
    </message>
    <message>
        <source>it was ended by {name} (signal {number})</source>
        <translation>durch {name} beendet (Signal {number})</translation>
    </message>
    <message>
        <source>it was killed (signal 9), as the system does when memory runs out</source>
        <translation>abgebrochen (Signal 9), wie es das System bei Speichermangel tut</translation>
    </message>
    <message>
        <source>its XML declares entities</source>
        <translation>das XML deklariert Entitäten</translation>
    </message>
    <message>
        <source>its XML is broken</source>
        <translation>das XML ist fehlerhaft</translation>
    </message>
    <message>
        <source>its address must end with its path, usually /v1</source>
        <translation>die Adresse muss mit ihrem Pfad enden, meist /v1</translation>
    </message>
    <message>
        <source>its address must look like http://host:8000/v1</source>
        <translation>die Adresse muss aussehen wie http://host:8000/v1</translation>
    </message>
    <message>
        <source>its blocks have no size</source>
        <translation>die Blöcke haben keine Größe</translation>
    </message>
    <message>
        <source>its header cannot be parsed</source>
        <translation>der Kopf ist nicht lesbar</translation>
    </message>
    <message>
        <source>its header has no end, or it is another kind of file</source>
        <translation>der Kopf hat kein Ende, oder es ist eine andere Art Datei</translation>
    </message>
    <message>
        <source>its name cannot be shown</source>
        <translation>der Name lässt sich nicht darstellen</translation>
    </message>
    <message>
        <source>its name is not known</source>
        <translation>sein Name ist nicht bekannt</translation>
    </message>
    <message>
        <source>its pages cannot be read</source>
        <translation>die Seiten sind nicht lesbar</translation>
    </message>
    <message>
        <source>its parts are nested too deeply</source>
        <translation>zu tief verschachtelt</translation>
    </message>
    <message>
        <source>its path is not valid text</source>
        <translation>der Pfad ist kein gültiger Text</translation>
    </message>
    <message>
        <source>its tensors overlap or leave gaps</source>
        <translation>die Tensoren überlappen oder lassen Lücken</translation>
    </message>
    <message>
        <source>its timeout must be 1 to 3600 seconds</source>
        <translation>die Wartezeit muss 1 bis 3600 Sekunden betragen</translation>
    </message>
    <message>
        <source>its version is no version</source>
        <translation>ihre Version ist keine Version</translation>
    </message>
    <message>
        <source>its version makes no sense</source>
        <translation>die Version ergibt keinen Sinn</translation>
    </message>
    <message>
        <source>its weights are quantized already</source>
        <translation>die Gewichte sind schon quantisiert</translation>
    </message>
    <message>
        <source>llama.cpp does not answer: {reason}.</source>
        <translation>llama.cpp antwortet nicht: {reason}.</translation>
    </message>
    <message>
        <source>memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>name chats, or use --all</source>
        <translation>Chats nennen oder --all verwenden</translation>
    </message>
    <message>
        <source>name or service not known</source>
        <translation>Name unbekannt</translation>
    </message>
    <message>
        <source>network is unreachable</source>
        <translation>Netzwerk nicht erreichbar</translation>
    </message>
    <message>
        <source>no message is in it</source>
        <translation>keine Nachricht darin</translation>
    </message>
    <message>
        <source>no route to host</source>
        <translation>kein Weg zum Rechner</translation>
    </message>
    <message>
        <source>no space left on device</source>
        <translation>kein Platz mehr auf dem Laufwerk</translation>
    </message>
    <message>
        <source>no such file or directory</source>
        <translation>Datei oder Ordner nicht gefunden</translation>
    </message>
    <message>
        <source>not a directory</source>
        <translation>kein Ordner</translation>
    </message>
    <message>
        <source>nothing answers in time; it may be at work for another program</source>
        <translation>es kommt rechtzeitig keine Antwort; vielleicht arbeitet er für ein anderes Programm</translation>
    </message>
    <message>
        <source>nothing was entered</source>
        <translation>nichts eingegeben</translation>
    </message>
    <message>
        <source>one of its files is damaged</source>
        <translation>eine der Dateien ist beschädigt</translation>
    </message>
    <message>
        <source>only a new chat can be given one</source>
        <translation>nur ein neuer Chat kann einen bekommen</translation>
    </message>
    <message>
        <source>other machines could use the model, so that it needs --api-key</source>
        <translation>andere Rechner könnten das Modell benutzen, daher braucht es --api-key</translation>
    </message>
    <message>
        <source>permission denied</source>
        <translation>Zugriff verweigert</translation>
    </message>
    <message>
        <source>quantization_config holds no settings</source>
        <translation>quantization_config enthält keine Angaben</translation>
    </message>
    <message>
        <source>quantized values in the KV cache need flash attention</source>
        <translation>quantisierte Werte im KV-Cache brauchen Flash Attention</translation>
    </message>
    <message>
        <source>read-only file system</source>
        <translation>schreibgeschütztes Laufwerk</translation>
    </message>
    <message>
        <source>reading</source>
        <translation>beim Lesen</translation>
    </message>
    <message>
        <source>temporary failure in name resolution</source>
        <translation>Name derzeit nicht auflösbar</translation>
    </message>
    <message>
        <source>the connection broke off</source>
        <translation>die Verbindung ist abgebrochen</translation>
    </message>
    <message>
        <source>the disk gives back other bytes than were written</source>
        <translation>der Datenträger gibt andere Bytes zurück, als geschrieben wurden</translation>
    </message>
    <message>
        <source>the file cannot be written</source>
        <translation>die Datei lässt sich nicht schreiben</translation>
    </message>
    <message>
        <source>the network settings changed</source>
        <translation>die Netzwerkeinstellungen haben sich geändert</translation>
    </message>
    <message>
        <source>the preset has its own</source>
        <translation>das Preset hat einen eigenen</translation>
    </message>
    <message>
        <source>the proxy refuses</source>
        <translation>der Proxy lehnt ab</translation>
    </message>
    <message>
        <source>the system uses it for something else</source>
        <translation>das System verwendet ihn für etwas anderes</translation>
    </message>
    <message>
        <source>the system&apos;s proxy cannot be used</source>
        <translation>der Proxy des Systems lässt sich nicht verwenden</translation>
    </message>
    <message>
        <source>there is neither tokenizer.model nor tokenizer.json</source>
        <translation>weder tokenizer.model noch tokenizer.json vorhanden</translation>
    </message>
    <message>
        <source>there is no connection</source>
        <translation>keine Verbindung</translation>
    </message>
    <message>
        <source>there is no such file</source>
        <translation>es gibt keine solche Datei</translation>
    </message>
    <message>
        <source>there is no such setting</source>
        <translation>diese Einstellung gibt es nicht</translation>
    </message>
    <message>
        <source>time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>timed out</source>
        <translation>Zeit überschritten</translation>
    </message>
    <message>
        <source>tokenizer.model holds no pieces</source>
        <translation>tokenizer.model enthält keine Teile</translation>
    </message>
    <message>
        <source>tokenizer.model is damaged, or no SentencePiece model</source>
        <translation>tokenizer.model ist beschädigt oder kein SentencePiece-Modell</translation>
    </message>
    <message>
        <source>tokenizer.model splits by words or characters</source>
        <translation>tokenizer.model teilt nach Wörtern oder Zeichen</translation>
    </message>
    <message>
        <source>without Ctrl or Alt it is typed into the message</source>
        <translation>ohne Strg oder Alt landet es in der Nachricht</translation>
    </message>
    <message>
        <source>writing</source>
        <translation>beim Schreiben</translation>
    </message>
    <message>
        <source>{count} chats cannot be written as one {format} file.</source>
        <translation>{count} Chats passen nicht in eine {format}-Datei.</translation>
    </message>
    <message>
        <source>{file} arrived damaged twice: it is not what the Hub&apos;s checksum says.</source>
        <translation>{file} kam zweimal beschädigt an: Es ist nicht, was die Prüfsumme des Hubs besagt.</translation>
    </message>
    <message>
        <source>{file} belongs to {program}.</source>
        <translation>{file} gehört {program}.</translation>
    </message>
    <message>
        <source>{file} cannot be read: {reason}.</source>
        <translation>{file} kann nicht gelesen werden: {reason}.</translation>
    </message>
    <message>
        <source>{file} cannot be used: {reason}.</source>
        <translation>{file} lässt sich nicht verwenden: {reason}.</translation>
    </message>
    <message>
        <source>{file} cannot be written: {reason}.</source>
        <translation>{file} kann nicht geschrieben werden: {reason}.</translation>
    </message>
    <message>
        <source>{file} changed while it was read.</source>
        <translation>{file} hat sich beim Lesen geändert.</translation>
    </message>
    <message>
        <source>{file} could not be copied faithfully.</source>
        <translation>{file} ließ sich nicht getreu kopieren.</translation>
    </message>
    <message>
        <source>{file} could not be loaded.</source>
        <translation>{file} konnte nicht geladen werden.</translation>
    </message>
    <message>
        <source>{file} could not be moved to the trash: {reason}.</source>
        <translation>{file} konnte nicht in den Papierkorb verschoben werden: {reason}.</translation>
    </message>
    <message>
        <source>{file} could not be read: {reason}.</source>
        <translation>{file} konnte nicht gelesen werden: {reason}.</translation>
    </message>
    <message>
        <source>{file} does not agree with the files it lists: {reason}.</source>
        <translation>{file} stimmt nicht mit den aufgeführten Dateien überein: {reason}.</translation>
    </message>
    <message>
        <source>{file} has changed on the Hub since its download began.</source>
        <translation>{file} hat sich auf dem Hub geändert, seit der Download begann.</translation>
    </message>
    <message>
        <source>{file} has version {version} of its format; Parley reads up to {known}.</source>
        <translation>{file} hat Version {version} seines Formats; Parley liest bis {known}.</translation>
    </message>
    <message>
        <source>{file} holds more than {limit} files that may be chats; the others were not read.</source>
        <translation>{file} enthält mehr als {limit} Dateien, die Chats sein könnten; die übrigen wurden nicht gelesen.</translation>
    </message>
    <message>
        <source>{file} holds no certificates that can be read.</source>
        <translation>{file} enthält keine lesbaren Zertifikate.</translation>
    </message>
    <message>
        <source>{file} holds no text; its pages may be scanned pictures.</source>
        <translation>{file} enthält keinen Text; die Seiten sind vielleicht eingescannte Bilder.</translation>
    </message>
    <message>
        <source>{file} is a pickle: reading it would run a program that somebody else wrote.</source>
        <translation>{file} ist ein Pickle: Es zu lesen führte ein fremdes Programm aus.</translation>
    </message>
    <message>
        <source>{file} is already being downloaded by another window or command.</source>
        <translation>{file} wird schon von einem anderen Fenster oder Befehl heruntergeladen.</translation>
    </message>
    <message>
        <source>{file} is already being made by another window or command.</source>
        <translation>{file} wird schon von einem anderen Fenster oder Befehl erzeugt.</translation>
    </message>
    <message>
        <source>{file} is already in {folder}, but it is another file.</source>
        <translation>{file} ist schon in {folder}, ist dort aber eine andere Datei.</translation>
    </message>
    <message>
        <source>{file} is already in {folder}.</source>
        <translation>{file} ist schon in {folder}.</translation>
    </message>
    <message>
        <source>{file} is damaged or incomplete after {count} chats.</source>
        <translation>{file} ist nach {count} Chats beschädigt oder unvollständig.</translation>
    </message>
    <message>
        <source>{file} is damaged or incomplete: {reason}.</source>
        <translation>{file} ist beschädigt oder unvollständig: {reason}.</translation>
    </message>
    <message>
        <source>{file} is empty.</source>
        <translation>{file} ist leer.</translation>
    </message>
    <message>
        <source>{file} is nested more than {limit} levels deep.</source>
        <translation>{file} ist mehr als {limit} Ebenen tief verschachtelt.</translation>
    </message>
    <message>
        <source>{file} is no longer at {folder}.</source>
        <translation>{file} ist nicht mehr in {folder}.</translation>
    </message>
    <message>
        <source>{file} is no model, or part of none.</source>
        <translation>{file} ist weder ein Modell noch Teil eines Modells.</translation>
    </message>
    <message>
        <source>{file} is not a GGUF model.</source>
        <translation>{file} ist kein GGUF-Modell.</translation>
    </message>
    <message>
        <source>{file} is not a file of presets: {reason}.</source>
        <translation>{file} ist keine Preset-Datei: {reason}.</translation>
    </message>
    <message>
        <source>{file} is not a text file.</source>
        <translation>{file} ist keine Textdatei.</translation>
    </message>
    <message>
        <source>{file} is not what the list of versions says that it is.</source>
        <translation>{file} ist nicht das, was die Liste der Versionen angibt.</translation>
    </message>
    <message>
        <source>{file} is not, or no longer, in {repo}.</source>
        <translation>{file} ist nicht oder nicht mehr in {repo}.</translation>
    </message>
    <message>
        <source>{file} is of the architecture “{architecture}”, which this version of llama.cpp cannot run.</source>
        <translation>{file} hat die Architektur „{architecture}“, die diese Version von llama.cpp nicht ausführen kann.</translation>
    </message>
    <message>
        <source>{file} is protected by a password.</source>
        <translation>{file} ist mit einem Passwort geschützt.</translation>
    </message>
    <message>
        <source>{file} is there already.</source>
        <translation>{file} ist schon da.</translation>
    </message>
    <message>
        <source>{file} is too large: {size}, where at most {limit} can be attached.</source>
        <translation>{file} ist zu groß: {size}; höchstens {limit} lassen sich anhängen.</translation>
    </message>
    <message>
        <source>{file} needs about {need} of memory, but only {free} is free.</source>
        <translation>{file} braucht etwa {need} Arbeitsspeicher, aber nur {free} sind frei.</translation>
    </message>
    <message>
        <source>{file} unpacks to more than {limit}, which no export of chats does.</source>
        <translation>{file} entpackt sich zu mehr als {limit}; das tut kein Export von Chats.</translation>
    </message>
    <message>
        <source>{file} was given up: reading it took too much {what}.</source>
        <translation>{file} wurde aufgegeben: Das Lesen brauchte zu viel {what}.</translation>
    </message>
    <message>
        <source>{file} was not copied faithfully to {folder}.</source>
        <translation>{file} wurde nicht getreu nach {folder} kopiert.</translation>
    </message>
    <message>
        <source>{file}, which holds the chat templates of this backup, is damaged.</source>
        <translation>{file} mit den Chat-Vorlagen dieser Sicherung ist beschädigt.</translation>
    </message>
    <message>
        <source>{folder} and the present data folder lie in one another.</source>
        <translation>{folder} und der jetzige Datenordner liegen ineinander.</translation>
    </message>
    <message>
        <source>{folder} cannot be a folder for models: {reason}.</source>
        <translation>{folder} kann kein Ordner für Modelle sein: {reason}.</translation>
    </message>
    <message>
        <source>{folder} has {free} free, but {need} are needed.</source>
        <translation>{folder} hat {free} frei, aber {need} sind nötig.</translation>
    </message>
    <message>
        <source>{folder} holds no model in safetensors: {reason}.</source>
        <translation>{folder} enthält kein Modell in safetensors: {reason}.</translation>
    </message>
    <message>
        <source>{folder} is incomplete: {reason}.</source>
        <translation>{folder} ist unvollständig: {reason}.</translation>
    </message>
    <message>
        <source>{folder} is not empty.</source>
        <translation>{folder} ist nicht leer.</translation>
    </message>
    <message>
        <source>{folder} is not one of your folders for models.</source>
        <translation>{folder} ist keiner Ihrer Ordner für Modelle.</translation>
    </message>
    <message>
        <source>{host} answered with an error: {reason}.</source>
        <translation>{host} antwortete mit einem Fehler: {reason}.</translation>
    </message>
    <message>
        <source>{host} cannot be reached: {reason}.</source>
        <translation>{host} ist nicht erreichbar: {reason}.</translation>
    </message>
    <message>
        <source>{host} does not accept your token.</source>
        <translation>{host} nimmt Ihr Token nicht an.</translation>
    </message>
    <message>
        <source>{host} does not answer: {reason}.</source>
        <translation>{host} antwortet nicht: {reason}.</translation>
    </message>
    <message>
        <source>{host} has had too many requests from here.</source>
        <translation>{host} hat zu viele Anfragen von hier erhalten.</translation>
    </message>
    <message>
        <source>{host} offers version {version}, but the newer version {current} runs here.</source>
        <translation>{host} bietet Version {version} an, hier läuft aber die neuere Version {current}.</translation>
    </message>
    <message>
        <source>{host} refuses for now (status {status}).</source>
        <translation>{host} verweigert sich vorerst (Status {status}).</translation>
    </message>
    <message>
        <source>{host} shows a certificate that is not trusted: {reason}.</source>
        <translation>{host} zeigt ein Zertifikat, dem nicht vertraut wird: {reason}.</translation>
    </message>
    <message>
        <source>{keys} is already the shortcut for “{other}”.</source>
        <translation>{keys} ist schon das Kürzel für „{other}“.</translation>
    </message>
    <message>
        <source>{name} has changed since this reply was written, so it cannot be run again exactly.</source>
        <translation>{name} hat sich geändert, seit diese Antwort entstand; sie lässt sich daher nicht genau wiederholen.</translation>
    </message>
    <message>
        <source>{name}, which wrote this reply, is not on this machine any more.</source>
        <translation>{name}, von dem diese Antwort stammt, ist nicht mehr auf diesem Rechner.</translation>
    </message>
    <message>
        <source>{option} cannot be {value}: {reason}.</source>
        <translation>{option} kann nicht {value} sein: {reason}.</translation>
    </message>
    <message>
        <source>{repo} asks who you are before it lets anyone read its files.</source>
        <translation>{repo} fragt, wer Sie sind, bevor jemand die Dateien lesen darf.</translation>
    </message>
    <message>
        <source>{repo} has no branch “{branch}”.</source>
        <translation>{repo} hat keinen Branch „{branch}“.</translation>
    </message>
    <message>
        <source>{repo} has no variant with files like “{pattern}”.</source>
        <translation>{repo} hat keine Variante mit Dateien wie „{pattern}“.</translation>
    </message>
    <message>
        <source>{tensor} holds values that are not finite numbers.</source>
        <translation>{tensor} enthält Werte, die keine endlichen Zahlen sind.</translation>
    </message>
    <message>
        <source>{tensor} is not packed as the configuration says: {reason}.</source>
        <translation>{tensor} ist nicht so gepackt, wie die Konfiguration sagt: {reason}.</translation>
    </message>
    <message>
        <source>{tensor} {reason}.</source>
        <translation>{tensor}: {reason}.</translation>
    </message>
    <message>
        <source>“{host}” cannot be used as a machine that holds a part of the model: {reason}.</source>
        <translation>„{host}“ kann nicht als Rechner dienen, der einen Teil des Modells hält: {reason}.</translation>
    </message>
    <message>
        <source>“{name}” cannot be the name of a template: {reason}.</source>
        <translation>„{name}“ kann nicht der Name einer Vorlage sein: {reason}.</translation>
    </message>
    <message>
        <source>“{name}” ships with Parley and cannot be removed.</source>
        <translation>„{name}“ gehört zu Parley und kann nicht entfernt werden.</translation>
    </message>
    <message>
        <source>“{server}” answered with something that Parley does not understand.</source>
        <translation>„{server}“ antwortete mit etwas, das Parley nicht versteht.</translation>
    </message>
    <message>
        <source>“{server}” at {host} cannot be reached: {reason}.</source>
        <translation>„{server}“ unter {host} ist nicht erreichbar: {reason}.</translation>
    </message>
    <message>
        <source>“{server}” at {host} shows a certificate that is not trusted: {reason}.</source>
        <translation>„{server}“ unter {host} zeigt ein Zertifikat, dem nicht vertraut wird: {reason}.</translation>
    </message>
    <message>
        <source>“{server}” broke off in the middle of the reply.</source>
        <translation>„{server}“ brach mitten in der Antwort ab.</translation>
    </message>
    <message>
        <source>“{server}” does not accept the key.</source>
        <translation>„{server}“ nimmt den Schlüssel nicht an.</translation>
    </message>
    <message>
        <source>“{server}” does not allow this with your key: {reason}.</source>
        <translation>„{server}“ erlaubt das mit Ihrem Schlüssel nicht: {reason}.</translation>
    </message>
    <message>
        <source>“{server}” failed with status {status}: {reason}.</source>
        <translation>„{server}“ scheiterte mit Status {status}: {reason}.</translation>
    </message>
    <message>
        <source>“{server}” has no model “{model}” at {address}.</source>
        <translation>„{server}“ hat unter {address} kein Modell „{model}“.</translation>
    </message>
    <message>
        <source>“{server}” has too many requests: {reason}.</source>
        <translation>„{server}“ hat zu viele Anfragen: {reason}.</translation>
    </message>
    <message>
        <source>“{server}” makes the prompt itself, so that it cannot be shown here.</source>
        <translation>„{server}“ erstellt den Prompt selbst; er lässt sich hier daher nicht zeigen.</translation>
    </message>
    <message>
        <source>“{server}” refused the request: {reason}.</source>
        <translation>„{server}“ lehnte die Anfrage ab: {reason}.</translation>
    </message>
    <message>
        <source>“{server}” sends Parley on to {address}, which Parley does not follow.</source>
        <translation>„{server}“ schickt Parley weiter zu {address}; dem folgt Parley nicht.</translation>
    </message>
    <message>
        <source>“{server}” sent nothing for {seconds} seconds.</source>
        <translation>„{server}“ hat {seconds} Sekunden lang nichts gesendet.</translation>
    </message>
    <message>
        <source>“{server}” was named, but not which of its models is to answer.</source>
        <translation>„{server}“ wurde genannt, aber nicht, welches seiner Modelle antworten soll.</translation>
    </message>
    <message>
        <source>“{text}” names no model on the Hub.</source>
        <translation>„{text}“ benennt kein Modell auf dem Hub.</translation>
    </message>
</context>
<context>
    <name>ExchangeDesk</name>
    <message>
        <source>Chat</source>
        <translation>Chat</translation>
    </message>
    <message>
        <source>Chats</source>
        <translation>Chats</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>Export all chats</source>
        <translation>Alle Chats exportieren</translation>
    </message>
    <message>
        <source>Export chats</source>
        <translation>Chats exportieren</translation>
    </message>
    <message>
        <source>Exporting all chats</source>
        <translation>Alle Chats werden exportiert</translation>
    </message>
    <message>
        <source>Exporting chats</source>
        <translation>Chats werden exportiert</translation>
    </message>
    <message>
        <source>Import chats</source>
        <translation>Chats importieren</translation>
    </message>
    <message>
        <source>Importing</source>
        <translation>Importieren</translation>
    </message>
    <message>
        <source>JSON, with everything (*.json)</source>
        <translation>JSON, mit allem (*.json)</translation>
    </message>
    <message>
        <source>Markdown (*.md)</source>
        <translation>Markdown (*.md)</translation>
    </message>
    <message>
        <source>Markdown files in an archive (*.zip)</source>
        <translation>Markdown-Dateien in einem Archiv (*.zip)</translation>
    </message>
    <message>
        <source>PDF (*.pdf)</source>
        <translation>PDF (*.pdf)</translation>
    </message>
    <message>
        <source>PDFs in an archive (*.zip)</source>
        <translation>PDFs in einem Archiv (*.zip)</translation>
    </message>
    <message>
        <source>Web page (*.html)</source>
        <translation>Webseite (*.html)</translation>
    </message>
    <message>
        <source>Web pages in an archive (*.zip)</source>
        <translation>Webseiten in einem Archiv (*.zip)</translation>
    </message>
</context>
<context>
    <name>ExchangeDialog</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Chats so far: {done}</source>
        <translation>Chats bisher: {done}</translation>
    </message>
    <message>
        <source>Chats with new messages: {count}</source>
        <translation>Chats mit neuen Nachrichten: {count}</translation>
    </message>
    <message>
        <source>Chats: {count}
Size: {size}
{path}</source>
        <translation>Chats: {count}
Größe: {size}
{path}</translation>
    </message>
    <message>
        <source>Chats: {done} of {total}</source>
        <translation>Chats: {done} von {total}</translation>
    </message>
    <message>
        <source>Choose a folder…</source>
        <translation>Ordner wählen …</translation>
    </message>
    <message>
        <source>Choose files…</source>
        <translation>Dateien wählen …</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Copy the list</source>
        <translation>Liste kopieren</translation>
    </message>
    <message>
        <source>Could not be read: {count}</source>
        <translation>Nicht lesbar: {count}</translation>
    </message>
    <message>
        <source>Exported</source>
        <translation>Exportiert</translation>
    </message>
    <message>
        <source>Here already: {count}</source>
        <translation>Schon da: {count}</translation>
    </message>
    <message>
        <source>Import chats</source>
        <translation>Chats importieren</translation>
    </message>
    <message>
        <source>Imported</source>
        <translation>Importiert</translation>
    </message>
    <message>
        <source>In the trash, from where you can bring them back: {count}</source>
        <translation>Im Papierkorb, von wo Sie sie zurückholen können: {count}</translation>
    </message>
    <message>
        <source>New chats: {count}</source>
        <translation>Neue Chats: {count}</translation>
    </message>
    <message>
        <source>New messages: {count}</source>
        <translation>Neue Nachrichten: {count}</translation>
    </message>
    <message>
        <source>Nothing new came in</source>
        <translation>Nichts Neues kam herein</translation>
    </message>
    <message>
        <source>Nothing was written.</source>
        <translation>Nichts wurde geschrieben.</translation>
    </message>
    <message>
        <source>Parley reads its own JSON, the exports of ChatGPT, Claude and Open WebUI (zip or JSON), and the chats of LM Studio, Jan and GPT4All (their folders). Drop them here, or choose them. Importing twice brings nothing in twice.</source>
        <translation>Parley liest sein eigenes JSON, die Exporte von ChatGPT, Claude und Open WebUI (ZIP oder JSON) und die Chats von LM Studio, Jan und GPT4All (deren Ordner). Ziehen Sie sie hierher, oder wählen Sie sie aus. Doppelt importiert kommt nichts doppelt herein.</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stopp</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>Gestoppt</translation>
    </message>
    <message>
        <source>There was no chat in it.</source>
        <translation>Darin war kein Chat.</translation>
    </message>
    <message>
        <source>What was left out</source>
        <translation>Was ausgelassen wurde</translation>
    </message>
</context>
<context>
    <name>FileField</name>
    <message>
        <source>Choose…</source>
        <translation>Wählen …</translation>
    </message>
</context>
<context>
    <name>FindBar</name>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Find in this chat</source>
        <translation>In diesem Chat suchen</translation>
    </message>
    <message>
        <source>Next (Enter)</source>
        <translation>Weiter (Eingabe)</translation>
    </message>
    <message>
        <source>Not found</source>
        <translation>Nicht gefunden</translation>
    </message>
    <message>
        <source>Previous (Shift+Enter)</source>
        <translation>Zurück (Umschalt+Eingabe)</translation>
    </message>
    <message>
        <source>{current} of {count}</source>
        <translation>{current} von {count}</translation>
    </message>
</context>
<context>
    <name>FitBar</name>
    <message>
        <source>{name}: {used} of {total} in use</source>
        <translation>{name}: {used} von {total} belegt</translation>
    </message>
</context>
<context>
    <name>FitPanel</name>
    <message>
        <source>Context</source>
        <translation>Kontext</translation>
    </message>
    <message>
        <source>Context length</source>
        <translation>Kontextlänge</translation>
    </message>
    <message>
        <source>How the conversation is kept: Q8_0 takes half the memory, Q4_0 a quarter.</source>
        <translation>Wie der Chat gehalten wird: Q8_0 braucht die Hälfte des Speichers, Q4_0 ein Viertel.</translation>
    </message>
    <message>
        <source>KV cache</source>
        <translation>KV-Cache</translation>
    </message>
    <message>
        <source>KV in F16</source>
        <translation>KV in F16</translation>
    </message>
    <message>
        <source>KV in Q4_0</source>
        <translation>KV in Q4_0</translation>
    </message>
    <message>
        <source>KV in Q8_0</source>
        <translation>KV in Q8_0</translation>
    </message>
</context>
<context>
    <name>FoldersDialog</name>
    <message>
        <source>Add a folder for models</source>
        <translation>Ordner für Modelle hinzufügen</translation>
    </message>
    <message>
        <source>Add a folder…</source>
        <translation>Ordner hinzufügen …</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Folders for models</source>
        <translation>Ordner für Modelle</translation>
    </message>
    <message>
        <source>Made with the first download</source>
        <translation>Entsteht mit dem ersten Download</translation>
    </message>
    <message>
        <source>New models go here</source>
        <translation>Neue Modelle kommen hierher</translation>
    </message>
    <message>
        <source>Not there: is its disk connected?</source>
        <translation>Nicht da. Laufwerk angeschlossen?</translation>
    </message>
    <message>
        <source>Parley looks for models in these folders. A folder that you remove here keeps its files.</source>
        <translation>Parley sucht Modelle in diesen Ordnern. Ein Ordner, den Sie hier entfernen, behält seine Dateien.</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Use for new models</source>
        <translation>Für neue nutzen</translation>
    </message>
</context>
<context>
    <name>FoldersEdit</name>
    <message>
        <source>A folder for models</source>
        <translation>Ein Ordner für Modelle</translation>
    </message>
    <message>
        <source>Add a folder…</source>
        <translation>Ordner hinzufügen …</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Use for new models</source>
        <translation>Für neue Modelle nutzen</translation>
    </message>
</context>
<context>
    <name>Footer</name>
    <message>
        <source>, {free} free on disk</source>
        <translation>, {free} frei</translation>
    </message>
    <message>
        <source>, {size} on disk until the original is removed</source>
        <translation>, {size} auf dem Laufwerk, bis das Original entfernt ist</translation>
    </message>
    <message>
        <source>Download and chat</source>
        <translation>Herunterladen und chatten</translation>
    </message>
    <message>
        <source>Download and prepare</source>
        <translation>Herunterladen und vorbereiten</translation>
    </message>
    <message>
        <source>Download anyway</source>
        <translation>Trotzdem herunterladen</translation>
    </message>
    <message>
        <source>Folders…</source>
        <translation>Ordner …</translation>
    </message>
    <message>
        <source>Model card</source>
        <translation>Modellkarte</translation>
    </message>
    <message>
        <source>Parley cannot join the pieces of this file yet; choose another variant.</source>
        <translation>Parley kann die Teile dieser Datei noch nicht zusammenfügen; wählen Sie eine andere Variante.</translation>
    </message>
    <message>
        <source>See what fits here</source>
        <translation>Zeigen, was hier passt</translation>
    </message>
    <message>
        <source>Show files</source>
        <translation>Dateien zeigen</translation>
    </message>
    <message>
        <source>The disk has too little room: {size} are needed, {free} are free.</source>
        <translation>Zu wenig Platz auf dem Laufwerk: {size} sind nötig, {free} sind frei.</translation>
    </message>
    <message>
        <source>The headers of these files could not be read; choose another variant.</source>
        <translation>Die Köpfe dieser Dateien waren nicht lesbar; wählen Sie eine andere Variante.</translation>
    </message>
    <message>
        <source>{size} to download</source>
        <translation>{size} zu laden</translation>
    </message>
</context>
<context>
    <name>FoundPane</name>
    <message>
        <source>Best fits of the {count} most downloaded</source>
        <translation>Was am besten passt, von den {count} meistgeladenen</translation>
    </message>
    <message>
        <source>Found on the Hub</source>
        <translation>Auf dem Hub gefunden</translation>
    </message>
    <message>
        <source>Good on this machine</source>
        <translation>Gut auf diesem Rechner</translation>
    </message>
    <message>
        <source>Good to begin with</source>
        <translation>Gut für den Anfang</translation>
    </message>
    <message>
        <source>No recommended model fits into the free memory. Close other programs, or search.</source>
        <translation>Kein empfohlenes Modell passt in den freien Speicher. Schließen Sie andere Programme, oder suchen Sie.</translation>
    </message>
    <message>
        <source>Nothing was found. Try fewer words, or another format.</source>
        <translation>Nichts gefunden. Versuchen Sie weniger Wörter oder ein anderes Format.</translation>
    </message>
    <message>
        <source>Ranked page by page, most downloaded first</source>
        <translation>Seitenweise gereiht, meistgeladene zuerst</translation>
    </message>
    <message>
        <source>Searching…</source>
        <translation>Suche läuft …</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>What each model would need is estimated from its size, at about four bits per weight.</source>
        <translation>Der Bedarf jedes Modells ist aus seiner Größe geschätzt, bei etwa vier Bit pro Gewicht.</translation>
    </message>
</context>
<context>
    <name>GuidePanel</name>
    <message>
        <source>A tiny model that knows Parley and quantized models. For all else, find one that fits this machine.</source>
        <translation>Ein winziges Modell, das Parley und quantisierte Modelle kennt. Für alles andere suchen Sie eines, das auf diesen Rechner passt.</translation>
    </message>
    <message>
        <source>Ask the Guide</source>
        <translation>Den Guide fragen</translation>
    </message>
</context>
<context>
    <name>Header</name>
    <message>
        <source>About Parley</source>
        <translation>Über Parley</translation>
    </message>
    <message>
        <source>Compare models…</source>
        <translation>Modelle vergleichen …</translation>
    </message>
    <message>
        <source>Copy conversation</source>
        <translation>Chat kopieren</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>Export all chats…</source>
        <translation>Alle Chats exportieren …</translation>
    </message>
    <message>
        <source>Import chats…</source>
        <translation>Chats importieren …</translation>
    </message>
    <message>
        <source>JSON, with everything…</source>
        <translation>JSON, mit allem …</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Like the system</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Markdown…</source>
        <translation>Markdown …</translation>
    </message>
    <message>
        <source>More</source>
        <translation>Mehr</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>Neuer Chat</translation>
    </message>
    <message>
        <source>Nothing of this chat is written to disk. It is gone once you leave it.</source>
        <translation>Nichts aus diesem Chat wird auf die Festplatte geschrieben. Er ist weg, sobald Sie ihn verlassen.</translation>
    </message>
    <message>
        <source>PDF…</source>
        <translation>PDF …</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation>Einstellungen …</translation>
    </message>
    <message>
        <source>Show the sidebar</source>
        <translation>Seitenleiste zeigen</translation>
    </message>
    <message>
        <source>Temporary</source>
        <translation>Temporär</translation>
    </message>
    <message>
        <source>Temporary chat</source>
        <translation>Temporärer Chat</translation>
    </message>
    <message>
        <source>Web page (HTML)…</source>
        <translation>Webseite (HTML) …</translation>
    </message>
</context>
<context>
    <name>HitModel</name>
    <message>
        <source>You</source>
        <translation>Sie</translation>
    </message>
</context>
<context>
    <name>ImportDialog</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Import a folder</source>
        <translation>Ordner importieren</translation>
    </message>
    <message>
        <source>Move the original to the trash once the result is verified</source>
        <translation>Original in den Papierkorb, sobald das Ergebnis geprüft ist</translation>
    </message>
    <message>
        <source>Prepare</source>
        <translation>Vorbereiten</translation>
    </message>
    <message>
        <source>The model goes to {folder}.</source>
        <translation>Das Modell kommt nach {folder}.</translation>
    </message>
</context>
<context>
    <name>KeysButton</name>
    <message>
        <source>None</source>
        <translation>Keines</translation>
    </message>
    <message>
        <source>Press it, then the new keys. Backspace removes the shortcut, Esc keeps it.</source>
        <translation>Klicken, dann die neuen Tasten drücken. Rücktaste entfernt das Kürzel, Esc behält es.</translation>
    </message>
    <message>
        <source>Press the keys…</source>
        <translation>Tasten drücken …</translation>
    </message>
</context>
<context>
    <name>LedgerView</name>
    <message>
        <source>Chat</source>
        <translation>Chat</translation>
    </message>
    <message>
        <source>Clear the list</source>
        <translation>Liste leeren</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>Download</translation>
    </message>
    <message>
        <source>For</source>
        <translation>Wofür</translation>
    </message>
    <message>
        <source>Newer version</source>
        <translation>Neuere Version</translation>
    </message>
    <message>
        <source>Nothing yet.</source>
        <translation>Noch nichts.</translation>
    </message>
    <message>
        <source>Parley has no account and sends no statistics. Chats leave this machine only for servers that you added and chose. Else it speaks with a server only when you search for models, download one, or have it look for a newer version of itself. Each is noted here.</source>
        <translation>Parley hat kein Konto und sendet keine Statistik. Chats verlassen diesen Rechner nur zu Servern, die Sie hinzugefügt und gewählt haben. Sonst spricht es nur dann mit einem Server, wenn Sie Modelle suchen oder herunterladen, oder es nach einer neueren Version seiner selbst sehen lassen. Jeder wird hier vermerkt.</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Suche</translation>
    </message>
    <message>
        <source>Server</source>
        <translation>Server</translation>
    </message>
    <message>
        <source>Servers Parley spoke with</source>
        <translation>Server, mit denen Parley sprach</translation>
    </message>
    <message>
        <source>When</source>
        <translation>Wann</translation>
    </message>
</context>
<context>
    <name>Legend</name>
    <message>
        <source>KV cache</source>
        <translation>KV-Cache</translation>
    </message>
    <message>
        <source>compute</source>
        <translation>Rechnen</translation>
    </message>
    <message>
        <source>other programs</source>
        <translation>andere Programme</translation>
    </message>
    <message>
        <source>weights</source>
        <translation>Gewichte</translation>
    </message>
</context>
<context>
    <name>LibraryDialog</name>
    <message>
        <source>Add a folder for models</source>
        <translation>Ordner für Modelle hinzufügen</translation>
    </message>
    <message>
        <source>Add a folder…</source>
        <translation>Ordner hinzufügen …</translation>
    </message>
    <message>
        <source>Another file than on {day}; its checksum is noted now.</source>
        <translation>Andere Datei als am {day}; ihre Prüfsumme ist jetzt vermerkt.</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Damaged. Parley does not know where it came from: download it again, as a whole.</source>
        <translation>Beschädigt. Parley weiß nicht, woher die Datei stammt: Laden Sie sie ganz neu herunter.</translation>
    </message>
    <message>
        <source>Damaged. Repair fetches what is broken.</source>
        <translation>Beschädigt. „Reparieren“ lädt, was defekt ist.</translation>
    </message>
    <message>
        <source>Damaged. Repair fetches {size} of it again.</source>
        <translation>Beschädigt. „Reparieren“ lädt {size} davon neu.</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Delete {name}?</source>
        <translation>{name} löschen?</translation>
    </message>
    <message>
        <source>Delete…</source>
        <translation>Löschen …</translation>
    </message>
    <message>
        <source>Find a model…</source>
        <translation>Modell finden …</translation>
    </message>
    <message>
        <source>Find it again…</source>
        <translation>Erneut finden …</translation>
    </message>
    <message>
        <source>Find one that suits this machine, or add a folder that has some. What LM Studio, Ollama, GPT4All, llama.cpp and the Hugging Face cache have is found by itself.</source>
        <translation>Suchen Sie eines, das zu diesem Rechner passt, oder fügen Sie einen Ordner mit Modellen hinzu. Was LM Studio, Ollama, GPT4All, llama.cpp und der Cache von Hugging Face haben, wird von selbst gefunden.</translation>
    </message>
    <message>
        <source>Folders…</source>
        <translation>Ordner …</translation>
    </message>
    <message>
        <source>Forget</source>
        <translation>Vergessen</translation>
    </message>
    <message>
        <source>How it was made</source>
        <translation>Wie es entstand</translation>
    </message>
    <message>
        <source>Import a folder…</source>
        <translation>Ordner importieren …</translation>
    </message>
    <message>
        <source>Looking at the folders…</source>
        <translation>Ordner werden durchsucht …</translation>
    </message>
    <message>
        <source>Make a GGUF model of one in safetensors: GPTQ, AWQ, bitsandbytes or unquantized</source>
        <translation>Aus einem safetensors-Modell ein GGUF-Modell machen: GPTQ, AWQ, bitsandbytes oder unquantisiert</translation>
    </message>
    <message>
        <source>Models on this machine</source>
        <translation>Modelle auf diesem Rechner</translation>
    </message>
    <message>
        <source>Move to another folder…</source>
        <translation>In anderen Ordner verschieben …</translation>
    </message>
    <message>
        <source>Move to {folder}</source>
        <translation>Nach {folder} verschieben</translation>
    </message>
    <message>
        <source>Move {name}</source>
        <translation>{name} verschieben</translation>
    </message>
    <message>
        <source>Moving, {percent} %</source>
        <translation>Wird verschoben, {percent} %</translation>
    </message>
    <message>
        <source>No checksum was known; it is noted now, for later checks.</source>
        <translation>Bisher keine Prüfsumme bekannt; für spätere Prüfungen ist sie jetzt vermerkt.</translation>
    </message>
    <message>
        <source>No model on this machine yet</source>
        <translation>Noch kein Modell auf diesem Rechner</translation>
    </message>
    <message>
        <source>One model, {total}</source>
        <translation>Ein Modell, {total}</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Prepare…</source>
        <translation>Vorbereiten …</translation>
    </message>
    <message>
        <source>Repair</source>
        <translation>Reparieren</translation>
    </message>
    <message>
        <source>Repaired and verified.</source>
        <translation>Repariert und geprüft.</translation>
    </message>
    <message>
        <source>Repairing, {percent} %</source>
        <translation>Wird repariert, {percent} %</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message>
        <source>Verified: it is what it must be.</source>
        <translation>Geprüft: ist, was es sein soll.</translation>
    </message>
    <message>
        <source>Verified: it is what it was on {day}.</source>
        <translation>Geprüft: ist, was es am {day} war.</translation>
    </message>
    <message>
        <source>Verify</source>
        <translation>Prüfen</translation>
    </message>
    <message>
        <source>Verifying, {percent} %</source>
        <translation>Wird geprüft, {percent} %</translation>
    </message>
    <message>
        <source>Waiting for its turn</source>
        <translation>Wartet, bis es an der Reihe ist</translation>
    </message>
    <message>
        <source>from {program}</source>
        <translation>aus: {program}</translation>
    </message>
    <message>
        <source>incomplete: {count} of its files are missing</source>
        <translation>unvollständig: {count} der Dateien fehlen</translation>
    </message>
    <message>
        <source>incomplete: {file} is missing</source>
        <translation>unvollständig: {file} fehlt</translation>
    </message>
    <message>
        <source>last used {day}</source>
        <translation>zuletzt benutzt am {day}</translation>
    </message>
    <message>
        <source>missing: {path}</source>
        <translation>fehlt: {path}</translation>
    </message>
    <message>
        <source>not all of it has been downloaded yet</source>
        <translation>noch nicht alles davon ist heruntergeladen</translation>
    </message>
    <message>
        <source>{count} files</source>
        <translation>{count} Dateien</translation>
    </message>
    <message>
        <source>{count} missing or incomplete</source>
        <translation>{count} fehlend oder unvollständig</translation>
    </message>
    <message>
        <source>{count} models, {total}</source>
        <translation>{count} Modelle, {total}</translation>
    </message>
    <message>
        <source>{size} go to the trash, from where they can be taken back.</source>
        <translation>{size} kommen in den Papierkorb und lassen sich von dort zurückholen.</translation>
    </message>
</context>
<context>
    <name>LibraryRow</name>
    <message>
        <source>More: {name}</source>
        <translation>Mehr: {name}</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stopp</translation>
    </message>
    <message>
        <source>Stop: {name}</source>
        <translation>Stopp: {name}</translation>
    </message>
</context>
<context>
    <name>Links</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Link</source>
        <translation>Link</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Open this link in the browser?</source>
        <translation>Diesen Link im Browser öffnen?</translation>
    </message>
    <message>
        <source>Parley does not open links of this kind.</source>
        <translation>Parley öffnet keine Links dieser Art.</translation>
    </message>
    <message>
        <source>The name of this site has unusual letters: it is {host}.</source>
        <translation>Der Name dieser Seite enthält ungewöhnliche Buchstaben: Sie ist {host}.</translation>
    </message>
    <message>
        <source>The part before “@” is not the site: it leads to {host}.</source>
        <translation>Der Teil vor „@“ ist nicht die Seite: Der Link führt zu {host}.</translation>
    </message>
    <message>
        <source>This site has a number instead of a name.</source>
        <translation>Diese Seite hat eine Nummer statt eines Namens.</translation>
    </message>
    <message>
        <source>What is sent to this site can be read by others on the way.</source>
        <translation>Was an diese Seite gesendet wird, können andere unterwegs lesen.</translation>
    </message>
</context>
<context>
    <name>MainView</name>
    <message>
        <source>Download done</source>
        <translation>Download fertig</translation>
    </message>
    <message>
        <source>Exported to {name}</source>
        <translation>Exportiert nach {name}</translation>
    </message>
    <message>
        <source>Delete the message or the chat</source>
        <translation>Nachricht oder Chat löschen</translation>
    </message>
    <message>
        <source>Edit the message, or rename the chat</source>
        <translation>Nachricht bearbeiten oder Chat umbenennen</translation>
    </message>
    <message>
        <source>Go through the messages</source>
        <translation>Durch die Nachrichten gehen</translation>
    </message>
    <message>
        <source>Stop the reply</source>
        <translation>Antwort stoppen</translation>
    </message>
    <message>
        <source>What can be done with a message or a chat</source>
        <translation>Was sich mit einer Nachricht oder einem Chat tun lässt</translation>
    </message>
    <message>
        <source>{name} is downloaded and verified.</source>
        <translation>{name} ist heruntergeladen und geprüft.</translation>
    </message>
    <message>
        <source>{title} — Parley</source>
        <translation>{title} – Parley</translation>
    </message>
</context>
<context>
    <name>Menus</name>
    <message>
        <source>Archive</source>
        <translation>Archivieren</translation>
    </message>
    <message>
        <source>As everywhere</source>
        <translation>Wie überall</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Delete the folder, keep its chats</source>
        <translation>Ordner löschen, Chats behalten</translation>
    </message>
    <message>
        <source>Duplicate</source>
        <translation>Duplizieren</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exportieren …</translation>
    </message>
    <message>
        <source>Move down</source>
        <translation>Nach unten</translation>
    </message>
    <message>
        <source>Move into</source>
        <translation>Verschieben in</translation>
    </message>
    <message>
        <source>Move out of its folder</source>
        <translation>Aus dem Ordner nehmen</translation>
    </message>
    <message>
        <source>Move to</source>
        <translation>Verschieben nach</translation>
    </message>
    <message>
        <source>Move up</source>
        <translation>Nach oben</translation>
    </message>
    <message>
        <source>New chat here</source>
        <translation>Neuer Chat hier</translation>
    </message>
    <message>
        <source>New folder</source>
        <translation>Neuer Ordner</translation>
    </message>
    <message>
        <source>New folder inside</source>
        <translation>Neuer Ordner darin</translation>
    </message>
    <message>
        <source>New folder…</source>
        <translation>Neuer Ordner …</translation>
    </message>
    <message>
        <source>No folder</source>
        <translation>Kein Ordner</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Pin</source>
        <translation>Anheften</translation>
    </message>
    <message>
        <source>Preset of its new chats</source>
        <translation>Preset für neue Chats darin</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
    <message>
        <source>Take out of the archive</source>
        <translation>Aus dem Archiv holen</translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation>Lösen</translation>
    </message>
</context>
<context>
    <name>MessageEditor</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Edit the message</source>
        <translation>Nachricht bearbeiten</translation>
    </message>
    <message>
        <source>Its files stay attached.</source>
        <translation>Ihre Dateien bleiben angehängt.</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Senden</translation>
    </message>
    <message>
        <source>The old words are kept beside the new ones.</source>
        <translation>Die alte Fassung bleibt neben der neuen erhalten.</translation>
    </message>
</context>
<context>
    <name>MessageMenu</name>
    <message>
        <source>Answer once more</source>
        <translation>Noch einmal antworten</translation>
    </message>
    <message>
        <source>Answer with another model</source>
        <translation>Mit anderem Modell antworten</translation>
    </message>
    <message>
        <source>Answer with another preset</source>
        <translation>Mit anderem Preset antworten</translation>
    </message>
    <message>
        <source>Branch into a new chat</source>
        <translation>In neuen Chat abzweigen</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Delete from here on</source>
        <translation>Ab hier löschen</translation>
    </message>
    <message>
        <source>Delete message</source>
        <translation>Nachricht löschen</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>Bearbeiten</translation>
    </message>
    <message>
        <source>Version after</source>
        <translation>Nächste Fassung</translation>
    </message>
    <message>
        <source>Version before</source>
        <translation>Vorige Fassung</translation>
    </message>
</context>
<context>
    <name>ModelButton</name>
    <message>
        <source>Answers questions about Parley and quantized models</source>
        <translation>Beantwortet Fragen zu Parley und quantisierten Modellen</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>Modell wählen</translation>
    </message>
    <message>
        <source>Find a model…</source>
        <translation>Modell finden …</translation>
    </message>
    <message>
        <source>Load options…</source>
        <translation>Ladeoptionen …</translation>
    </message>
    <message>
        <source>Model: {name}</source>
        <translation>Modell: {name}</translation>
    </message>
    <message>
        <source>Models on this machine…</source>
        <translation>Modelle auf diesem Rechner …</translation>
    </message>
    <message>
        <source>On {server}</source>
        <translation>Auf {server}</translation>
    </message>
    <message>
        <source>Open a GGUF file…</source>
        <translation>GGUF-Datei öffnen …</translation>
    </message>
    <message>
        <source>Servers…</source>
        <translation>Server …</translation>
    </message>
    <message>
        <source>Unload</source>
        <translation>Entladen</translation>
    </message>
    <message>
        <source>missing</source>
        <translation>fehlt</translation>
    </message>
    <message>
        <source>on {server}</source>
        <translation>auf {server}</translation>
    </message>
    <message>
        <source>{name} (built in)</source>
        <translation>{name} (eingebaut)</translation>
    </message>
</context>
<context>
    <name>ModelChoice</name>
    <message>
        <source>Models in GGUF format (*.gguf *.GGUF);;All files (*)</source>
        <translation>Modelle im GGUF-Format (*.gguf *.GGUF);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Open a GGUF file</source>
        <translation>GGUF-Datei öffnen</translation>
    </message>
</context>
<context>
    <name>ModelDesk</name>
    <message>
        <source>Import a folder of safetensors</source>
        <translation>Ordner mit safetensors importieren</translation>
    </message>
</context>
<context>
    <name>ModelOptionsDialog</name>
    <message>
        <source>As many as fit</source>
        <translation>So viele wie passen</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>Automatic ({tokens})</source>
        <translation>Automatisch ({tokens})</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Chat template</source>
        <translation>Chat-Vorlage</translation>
    </message>
    <message>
        <source>Context length, in tokens</source>
        <translation>Kontextlänge, in Tokens</translation>
    </message>
    <message>
        <source>Dynamic (NTK)</source>
        <translation>Dynamisch (NTK)</translation>
    </message>
    <message>
        <source>Edit template…</source>
        <translation>Vorlage bearbeiten …</translation>
    </message>
    <message>
        <source>Flash attention</source>
        <translation>Flash Attention</translation>
    </message>
    <message>
        <source>KV cache</source>
        <translation>KV-Cache</translation>
    </message>
    <message>
        <source>Layers on the GPU</source>
        <translation>Schichten auf der GPU</translation>
    </message>
    <message>
        <source>Linear</source>
        <translation>Linear</translation>
    </message>
    <message>
        <source>Load</source>
        <translation>Laden</translation>
    </message>
    <message>
        <source>Load options</source>
        <translation>Ladeoptionen</translation>
    </message>
    <message>
        <source>Memory: at most {predicted} predicted, {measured} measured now.</source>
        <translation>Speicher: höchstens {predicted} vorhergesagt, jetzt {measured} gemessen.</translation>
    </message>
    <message>
        <source>None</source>
        <translation>Keines</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>Aus</translation>
    </message>
    <message>
        <source>On</source>
        <translation>Ein</translation>
    </message>
    <message>
        <source>Other machines</source>
        <translation>Andere Rechner</translation>
    </message>
    <message>
        <source>Position scaling</source>
        <translation>Positionsskalierung</translation>
    </message>
    <message>
        <source>Scaling factor</source>
        <translation>Skalierungsfaktor</translation>
    </message>
    <message>
        <source>The model is loaded anew with these options, and they are kept for it.</source>
        <translation>Das Modell wird mit diesen Optionen neu geladen; sie bleiben für das Modell gespeichert.</translation>
    </message>
    <message>
        <source>The model was trained on {tokens} tokens.</source>
        <translation>Das Modell wurde mit {tokens} Tokens trainiert.</translation>
    </message>
    <message>
        <source>The model&apos;s own</source>
        <translation>Die des Modells</translation>
    </message>
    <message>
        <source>They hold a part of the model; each runs llama.cpp&apos;s rpc-server. For networks you trust alone: nothing on the way is encrypted.</source>
        <translation>Sie halten einen Teil des Modells; auf jedem läuft der rpc-server von llama.cpp. Nur für Netze, denen Sie vertrauen: Unterwegs ist nichts verschlüsselt.</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>Threads</translation>
    </message>
</context>
<context>
    <name>MoveDialog</name>
    <message>
        <source>A folder for your data</source>
        <translation>Ein Ordner für Ihre Daten</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Choose a folder…</source>
        <translation>Ordner wählen …</translation>
    </message>
    <message>
        <source>Chats, backups and the models in Parley&apos;s own folder move together. Everything is copied and compared first; only then the old folder is emptied. Parley closes while it works.</source>
        <translation>Chats, Sicherungen und die Modelle in Parleys eigenem Ordner ziehen zusammen um. Zuerst wird alles kopiert und verglichen; erst dann wird der alte Ordner geleert. Parley schließt sich währenddessen.</translation>
    </message>
    <message>
        <source>Keep your data in another folder</source>
        <translation>Ihre Daten in einem anderen Ordner aufbewahren</translation>
    </message>
    <message>
        <source>Move</source>
        <translation>Verschieben</translation>
    </message>
    <message>
        <source>Move the data folder</source>
        <translation>Datenordner verschieben</translation>
    </message>
    <message>
        <source>None chosen yet</source>
        <translation>Noch keiner gewählt</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>Jetzt</translation>
    </message>
    <message>
        <source>Then</source>
        <translation>Danach</translation>
    </message>
</context>
<context>
    <name>Notice</name>
    <message>
        <source>Dismiss</source>
        <translation>Ausblenden</translation>
    </message>
</context>
<context>
    <name>NumberField</name>
    <message>
        <source>Never</source>
        <translation>Nie</translation>
    </message>
    <message>
        <source>No limit</source>
        <translation>Unbegrenzt</translation>
    </message>
    <message>
        <source>minutes</source>
        <translation>Minuten</translation>
    </message>
</context>
<context>
    <name>Picker</name>
    <message>
        <source>A shorter context or a smaller model may fit.</source>
        <translation>Ein kürzerer Kontext oder ein kleineres Modell passt vielleicht.</translation>
    </message>
    <message>
        <source>Best here because it is the finest variant that writes fluently, though only a part of it fits on the GPU, {room}.</source>
        <translation>Hier am besten: die feinste Variante, die flüssig schreibt, auch wenn nur ein Teil auf die GPU passt, {room}.</translation>
    </message>
    <message>
        <source>Best here because it is the finest variant that writes fluently, {room}.</source>
        <translation>Hier am besten: die feinste Variante, die flüssig schreibt, {room}.</translation>
    </message>
    <message>
        <source>Best here because it is the finest variant that writes fluently; it runs entirely on the GPU, {room}.</source>
        <translation>Hier am besten: die feinste Variante, die flüssig schreibt; sie läuft ganz auf der GPU, {room}.</translation>
    </message>
    <message>
        <source>Best here because it is the quickest variant of fair quality; none answers as fast as you read. It comes {room}.</source>
        <translation>Hier am besten: die schnellste Variante von guter Qualität; keine antwortet so schnell, wie man liest. Sie kommt {room}.</translation>
    </message>
    <message>
        <source>Between {low} and {high} tokens per second</source>
        <translation>Zwischen {low} und {high} Tokens pro Sekunde</translation>
    </message>
    <message>
        <source>Computed from the model&apos;s sizes; llama.cpp itself has not been asked.</source>
        <translation>Aus den Größen des Modells berechnet; llama.cpp selbst wurde nicht gefragt.</translation>
    </message>
    <message>
        <source>Does not fit: it needs {missing} more than is free.</source>
        <translation>Passt nicht: braucht {missing} mehr, als frei ist.</translation>
    </message>
    <message>
        <source>Last run: predicted {predicted}, measured {measured}.</source>
        <translation>Letzter Lauf: {predicted} vorhergesagt, {measured} gemessen.</translation>
    </message>
    <message>
        <source>Runs entirely on the GPU.</source>
        <translation>Läuft ganz auf der GPU.</translation>
    </message>
    <message>
        <source>Runs on the CPU.</source>
        <translation>Läuft auf der CPU.</translation>
    </message>
    <message>
        <source>all on GPU</source>
        <translation>ganz auf der GPU</translation>
    </message>
    <message>
        <source>based on {model}</source>
        <translation>basiert auf {model}</translation>
    </message>
    <message>
        <source>by formula</source>
        <translation>per Formel</translation>
    </message>
    <message>
        <source>by llama.cpp&apos;s plan for another length</source>
        <translation>nach llama.cpps Plan für andere Länge</translation>
    </message>
    <message>
        <source>gated</source>
        <translation>zugangsbeschränkt</translation>
    </message>
    <message>
        <source>licence unknown</source>
        <translation>Lizenz unbekannt</translation>
    </message>
    <message>
        <source>llama.cpp has planned this variant at another context length; a formula follows the context from there.</source>
        <translation>llama.cpp hat diese Variante mit anderer Kontextlänge geplant; von dort folgt eine Formel dem Kontext.</translation>
    </message>
    <message>
        <source>llama.cpp has planned this very variant at this context length, without loading it.</source>
        <translation>llama.cpp hat genau diese Variante mit dieser Kontextlänge geplant, ohne sie zu laden.</translation>
    </message>
    <message>
        <source>measured by llama.cpp</source>
        <translation>von llama.cpp gemessen</translation>
    </message>
    <message>
        <source>memory</source>
        <translation>Arbeitsspeicher</translation>
    </message>
    <message>
        <source>on the CPU</source>
        <translation>auf der CPU</translation>
    </message>
    <message>
        <source>partly on the GPU</source>
        <translation>teils auf der GPU</translation>
    </message>
    <message>
        <source>private</source>
        <translation>privat</translation>
    </message>
    <message>
        <source>size unknown</source>
        <translation>Größe unbekannt</translation>
    </message>
    <message>
        <source>the Hugging Face cache</source>
        <translation>Hugging-Face-Cache</translation>
    </message>
    <message>
        <source>too large here</source>
        <translation>hier zu groß</translation>
    </message>
    <message>
        <source>with room for a chat of {tokens} tokens</source>
        <translation>mit Platz für einen Chat von {tokens} Tokens</translation>
    </message>
    <message>
        <source>{best} fits.</source>
        <translation>{best} passt.</translation>
    </message>
    <message>
        <source>{best} would be {times} times as fast.</source>
        <translation>{best} wäre {times}-mal so schnell.</translation>
    </message>
    <message>
        <source>{best} would read better.</source>
        <translation>{best} wäre besser zu lesen.</translation>
    </message>
    <message>
        <source>{count} downloads</source>
        <translation>{count} Downloads</translation>
    </message>
    <message>
        <source>{name} licence</source>
        <translation>Lizenz: {name}</translation>
    </message>
    <message>
        <source>{name} would read better but does not fit.</source>
        <translation>{name} wäre besser zu lesen, passt aber nicht.</translation>
    </message>
    <message>
        <source>{name} would read better but run at {percent} % of the speed.</source>
        <translation>{name} wäre besser zu lesen, liefe aber mit {percent} % des Tempos.</translation>
    </message>
    <message>
        <source>{name}: {total}, {free} free</source>
        <translation>{name}: {total}, {free} frei</translation>
    </message>
    <message>
        <source>{total} of memory, shared with the GPU, {free} free</source>
        <translation>{total} Arbeitsspeicher, mit der GPU geteilt, {free} frei</translation>
    </message>
    <message>
        <source>{total} of memory, {free} free</source>
        <translation>{total} Arbeitsspeicher, {free} frei</translation>
    </message>
    <message>
        <source>{part} of {all} layers</source>
        <translation>{part} von {all} Schichten</translation>
    </message>
    <message>
        <source>{part} of {all} layers fit on the GPU; the others run on the CPU.</source>
        <translation>{part} von {all} Schichten passen auf die GPU; die übrigen laufen auf der CPU.</translation>
    </message>
    <message>
        <source>{repo}: about {need} at four bits per weight, {place}</source>
        <translation>{repo}: etwa {need} bei vier Bit pro Gewicht, {place}</translation>
    </message>
    <message>
        <source>{tokens} tokens · about a page</source>
        <translation>{tokens} Tokens · etwa eine Seite</translation>
    </message>
    <message>
        <source>{tokens} tokens · about {pages} pages</source>
        <translation>{tokens} Tokens · etwa {pages} Seiten</translation>
    </message>
    <message>
        <source>~{rate} tok/s</source>
        <translation>~{rate} Tok/s</translation>
    </message>
</context>
<context>
    <name>PickerDialog</name>
    <message>
        <source>Choose a model</source>
        <translation>Modell wählen</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>Dateien</translation>
    </message>
    <message>
        <source>Looking at this machine…</source>
        <translation>Rechner wird untersucht …</translation>
    </message>
</context>
<context>
    <name>PreparationRow</name>
    <message>
        <source>Clear</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Details</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>Reading the checkpoint</source>
        <translation>Checkpoint wird gelesen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stopp</translation>
    </message>
    <message>
        <source>Stopped. What was done is kept, and so is the original.</source>
        <translation>Gestoppt. Was getan ist, bleibt erhalten, das Original auch.</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>Wird gestoppt …</translation>
    </message>
    <message>
        <source>The original is kept.</source>
        <translation>Das Original bleibt erhalten.</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>Waiting to be prepared</source>
        <translation>Wartet auf Vorbereitung</translation>
    </message>
    <message>
        <source>{done} of {total}</source>
        <translation>{done} von {total}</translation>
    </message>
    <message>
        <source>{rate}/s</source>
        <translation>{rate}/s</translation>
    </message>
    <message>
        <source>{size}, prepared and verified; the original is kept</source>
        <translation>{size}, vorbereitet und geprüft; Original behalten</translation>
    </message>
    <message>
        <source>{size}, prepared and verified; the original is removed</source>
        <translation>{size}, vorbereitet und geprüft; Original entfernt</translation>
    </message>
</context>
<context>
    <name>Prepare</name>
    <message>
        <source>From</source>
        <translation>Aus</translation>
    </message>
    <message>
        <source>Hashing the original</source>
        <translation>Prüfsumme des Originals wird berechnet</translation>
    </message>
    <message>
        <source>It cannot continue a reply that was begun</source>
        <translation>Sie kann eine begonnene Antwort nicht fortsetzen</translation>
    </message>
    <message>
        <source>It cannot render a chat without a system message</source>
        <translation>Sie kann keinen Chat ohne Systemnachricht darstellen</translation>
    </message>
    <message>
        <source>It cannot render an empty message</source>
        <translation>Sie kann keine leere Nachricht darstellen</translation>
    </message>
    <message>
        <source>It cannot render two turns with a system message</source>
        <translation>Sie kann zwei Wechsel mit Systemnachricht nicht darstellen</translation>
    </message>
    <message>
        <source>It changes text that looks like a special token</source>
        <translation>Sie ändert Text, der wie ein Sondertoken aussieht</translation>
    </message>
    <message>
        <source>It shows the model no tools</source>
        <translation>Sie zeigt dem Modell keine Tools</translation>
    </message>
    <message>
        <source>Made of</source>
        <translation>Entstanden aus</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Neither the model nor its card has one; the load options offer some.</source>
        <translation>Weder das Modell noch seine Karte hat eine; die Ladeoptionen bieten welche.</translation>
    </message>
    <message>
        <source>Of some the act-order is undone without loss, so they stay {type}.</source>
        <translation>Bei einigen wird act-order verlustfrei aufgelöst; sie bleiben {type}.</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>Original</translation>
    </message>
    <message>
        <source>Preparing</source>
        <translation>Wird vorbereitet</translation>
    </message>
    <message>
        <source>Prompt template</source>
        <translation>Prompt-Vorlage</translation>
    </message>
    <message>
        <source>Reading the checkpoint</source>
        <translation>Checkpoint wird gelesen</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Tensors</source>
        <translation>Tensoren</translation>
    </message>
    <message>
        <source>The levels of {source} are stored at 8 bits ({type}), {growth} larger.</source>
        <translation>Die Stufen von {source} werden mit 8 Bit gespeichert ({type}), {growth} größer.</translation>
    </message>
    <message>
        <source>The model card asks for dynamic rope scaling; set it in the load options.</source>
        <translation>Die Modellkarte verlangt dynamische RoPE-Skalierung; stellen Sie sie in den Ladeoptionen ein.</translation>
    </message>
    <message>
        <source>The model&apos;s own.</source>
        <translation>Die des Modells.</translation>
    </message>
    <message>
        <source>The one that the model card describes; the load options offer others.</source>
        <translation>Die in der Modellkarte beschriebene; die Ladeoptionen bieten andere.</translation>
    </message>
    <message>
        <source>The parts for other media than text are left out.</source>
        <translation>Die Teile für andere Medien als Text bleiben weg.</translation>
    </message>
    <message>
        <source>Verifying</source>
        <translation>Wird geprüft</translation>
    </message>
    <message>
        <source>What happened</source>
        <translation>Was geschah</translation>
    </message>
    <message>
        <source>Without loss</source>
        <translation>Verlustfrei</translation>
    </message>
    <message>
        <source>no</source>
        <translation>nein</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>ja</translation>
    </message>
    <message>
        <source>{count} tokens without a row in the embedding are left out.</source>
        <translation>{count} Tokens ohne Zeile im Embedding bleiben weg.</translation>
    </message>
    <message>
        <source>{repo} at {commit}</source>
        <translation>{repo} bei {commit}</translation>
    </message>
    <message>
        <source>{size} from {original}</source>
        <translation>{size} aus {original}</translation>
    </message>
    <message>
        <source>{source} are decoded and stored as {type}.</source>
        <translation>{source} werden dekodiert und als {type} gespeichert.</translation>
    </message>
    <message>
        <source>{source} are kept as {type}; only offsets are rounded, to 16 bits.</source>
        <translation>{source} bleiben als {type}; nur Versätze werden gerundet, auf 16 Bit.</translation>
    </message>
    <message>
        <source>{source} are kept exactly, as {type}.</source>
        <translation>{source} bleiben genau erhalten, als {type}.</translation>
    </message>
    <message>
        <source>{source} is kept as {type}; only scales are rounded, to 16 bits.</source>
        <translation>{source} bleibt als {type}; nur Skalen werden gerundet, auf 16 Bit.</translation>
    </message>
    <message>
        <source>{source} is kept as {type}; only values below 0.00001 are rounded.</source>
        <translation>{source} bleibt als {type}; nur Werte unter 0,00001 werden gerundet.</translation>
    </message>
    <message>
        <source>{source} is kept exactly, as {type}.</source>
        <translation>{source} bleibt genau erhalten, als {type}.</translation>
    </message>
    <message>
        <source>{source} is quantized to {type}.</source>
        <translation>{source} wird zu {type} quantisiert.</translation>
    </message>
    <message>
        <source>{source} is rounded to {type}.</source>
        <translation>{source} wird auf {type} gerundet.</translation>
    </message>
    <message>
        <source>{source} whose width is no multiple of 32 is stored as {type}.</source>
        <translation>{source}, dessen Breite kein Vielfaches von 32 ist, wird als {type} gespeichert.</translation>
    </message>
    <message>
        <source>{source} with act-order are stored at 8 bits ({type}), {growth} larger.</source>
        <translation>{source} mit act-order werden mit 8 Bit gespeichert ({type}), {growth} größer.</translation>
    </message>
</context>
<context>
    <name>PrepareBar</name>
    <message>
        <source>Keep {type}</source>
        <translation>{type} behalten</translation>
    </message>
    <message>
        <source>Make {type}</source>
        <translation>Zu {type} machen</translation>
    </message>
    <message>
        <source>Parley makes a GGUF model of {size} of it.</source>
        <translation>Parley macht daraus ein GGUF-Modell von {size}.</translation>
    </message>
    <message>
        <source>Prepare as</source>
        <translation>Vorbereiten als</translation>
    </message>
    <message>
        <source>Remove the original once the result is verified</source>
        <translation>Original entfernen, sobald das Ergebnis geprüft ist</translation>
    </message>
</context>
<context>
    <name>PresetButton</name>
    <message>
        <source>Edit presets…</source>
        <translation>Presets bearbeiten …</translation>
    </message>
    <message>
        <source>Its values…</source>
        <translation>Angaben …</translation>
    </message>
    <message>
        <source>No preset</source>
        <translation>Kein Preset</translation>
    </message>
    <message>
        <source>Preset: {name}</source>
        <translation>Preset: {name}</translation>
    </message>
</context>
<context>
    <name>PresetChooser</name>
    <message>
        <source>“{name}” from the next reply on</source>
        <translation>„{name}“ ab der nächsten Antwort</translation>
    </message>
</context>
<context>
    <name>PresetEditor</name>
    <message>
        <source>Exported to {name}</source>
        <translation>Exportiert nach {name}</translation>
    </message>
    <message>
        <source>New preset</source>
        <translation>Neues Preset</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>Presets</translation>
    </message>
    <message>
        <source>Revert</source>
        <translation>Zurücksetzen</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>These presets are here already.</source>
        <translation>Diese Presets sind schon da.</translation>
    </message>
</context>
<context>
    <name>PresetForm</name>
    <message>
        <source>All that fits</source>
        <translation>Alles, was passt</translation>
    </message>
    <message>
        <source>Answer</source>
        <translation>Antwort</translation>
    </message>
    <message>
        <source>Answer at once</source>
        <translation>Sofort antworten</translation>
    </message>
    <message>
        <source>As the model does</source>
        <translation>Wie das Modell es tut</translation>
    </message>
    <message>
        <source>Asked for at the start: {names}.</source>
        <translation>Wird zu Beginn gefragt: {names}.</translation>
    </message>
    <message>
        <source>Chat template</source>
        <translation>Chat-Vorlage</translation>
    </message>
    <message>
        <source>Description</source>
        <translation>Beschreibung</translation>
    </message>
    <message>
        <source>Filled in by itself: {names}. Any other name in double braces is asked for.</source>
        <translation>Wird von selbst ausgefüllt: {names}. Jeder andere Name in doppelten geschweiften Klammern wird erfragt.</translation>
    </message>
    <message>
        <source>Frequency penalty</source>
        <translation>Frequency Penalty</translation>
    </message>
    <message>
        <source>Longest reply</source>
        <translation>Längste Antwort</translation>
    </message>
    <message>
        <source>Min-p</source>
        <translation>Min-p</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>No limit</source>
        <translation>Unbegrenzt</translation>
    </message>
    <message>
        <source>One on each line; \n is a line break</source>
        <translation>Eine pro Zeile; \n ist ein Zeilenumbruch</translation>
    </message>
    <message>
        <source>Presence penalty</source>
        <translation>Presence Penalty</translation>
    </message>
    <message>
        <source>Random</source>
        <translation>Zufällig</translation>
    </message>
    <message>
        <source>Reads at most</source>
        <translation>Liest höchstens</translation>
    </message>
    <message>
        <source>Reasoning</source>
        <translation>Denken</translation>
    </message>
    <message>
        <source>Repeat penalty</source>
        <translation>Repeat Penalty</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Seed</translation>
    </message>
    <message>
        <source>Stop at</source>
        <translation>Stoppen bei</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>System-Prompt</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>Temperatur</translation>
    </message>
    <message>
        <source>The model&apos;s own</source>
        <translation>Die des Modells</translation>
    </message>
    <message>
        <source>Think first</source>
        <translation>Erst nachdenken</translation>
    </message>
    <message>
        <source>Top-k</source>
        <translation>Top-k</translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation>Top-p</translation>
    </message>
    <message>
        <source>tokens</source>
        <translation>Tokens</translation>
    </message>
</context>
<context>
    <name>PresetListPane</name>
    <message>
        <source>Begin new chats with it</source>
        <translation>Neue Chats damit beginnen</translation>
    </message>
    <message>
        <source>Bring back Parley&apos;s own</source>
        <translation>Parleys eigene zurückholen</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Duplicate</source>
        <translation>Duplizieren</translation>
    </message>
    <message>
        <source>Export all…</source>
        <translation>Alle exportieren …</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exportieren …</translation>
    </message>
    <message>
        <source>Import…</source>
        <translation>Importieren …</translation>
    </message>
    <message>
        <source>More</source>
        <translation>Mehr</translation>
    </message>
    <message>
        <source>Move down</source>
        <translation>Nach unten</translation>
    </message>
    <message>
        <source>Move up</source>
        <translation>Nach oben</translation>
    </message>
    <message>
        <source>New preset</source>
        <translation>Neues Preset</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>Presets</translation>
    </message>
    <message>
        <source>{name} (new chats)</source>
        <translation>{name} (neue Chats)</translation>
    </message>
</context>
<context>
    <name>PresetQuestions</name>
    <message>
        <source>Chats that use it keep what they have.</source>
        <translation>Chats, die es nutzen, behalten, was sie haben.</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Delete “{name}”?</source>
        <translation>„{name}“ löschen?</translation>
    </message>
    <message>
        <source>Export presets</source>
        <translation>Presets exportieren</translation>
    </message>
    <message>
        <source>Give up</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <source>Import presets</source>
        <translation>Presets importieren</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <source>New chats begin with “{name}” then.</source>
        <translation>Neue Chats beginnen dann mit „{name}“.</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>Presets</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Save them, or give them up?</source>
        <translation>Speichern oder verwerfen?</translation>
    </message>
    <message>
        <source>Some changes are not saved.</source>
        <translation>Manche Änderungen sind nicht gespeichert.</translation>
    </message>
</context>
<context>
    <name>Presets</name>
    <message>
        <source>Careful</source>
        <translation>Umsichtig</translation>
    </message>
    <message>
        <source>Coding</source>
        <translation>Programmieren</translation>
    </message>
    <message>
        <source>Concise</source>
        <translation>Knapp</translation>
    </message>
    <message>
        <source>Drafts and better sentences, in your own voice.</source>
        <translation>Entwürfe und bessere Sätze, in Ihrer eigenen Stimme.</translation>
    </message>
    <message>
        <source>Everything you send, in the language you choose.</source>
        <translation>Alles, was Sie senden, in der Sprache Ihrer Wahl.</translation>
    </message>
    <message>
        <source>General</source>
        <translation>Allgemein</translation>
    </message>
    <message>
        <source>Helpful, honest and respectful, as the Llama 2 cards advise.</source>
        <translation>Hilfreich, ehrlich und respektvoll, wie die Llama-2-Karten raten.</translation>
    </message>
    <message>
        <source>Programs that run, and why they are as they are.</source>
        <translation>Programme, die laufen, und warum sie so sind.</translation>
    </message>
    <message>
        <source>Step by step, with questions that let you find it yourself.</source>
        <translation>Schritt für Schritt, mit Fragen, die Sie selbst darauf bringen.</translation>
    </message>
    <message>
        <source>The answer, and nothing else.</source>
        <translation>Die Antwort, sonst nichts.</translation>
    </message>
    <message>
        <source>The model as it is, with no instructions of ours.</source>
        <translation>Das Modell, wie es ist, ohne Anweisungen von uns.</translation>
    </message>
    <message>
        <source>Translate</source>
        <translation>Übersetzen</translation>
    </message>
    <message>
        <source>Tutor</source>
        <translation>Nachhilfe</translation>
    </message>
    <message>
        <source>Writing</source>
        <translation>Schreiben</translation>
    </message>
</context>
<context>
    <name>PreviewPane</name>
    <message>
        <source>Hello!</source>
        <translation>Hallo!</translation>
    </message>
    <message>
        <source>Load the model to have its tokens counted.</source>
        <translation>Laden Sie das Modell, um seine Tokens zu zählen.</translation>
    </message>
    <message>
        <source>Template: {name}.</source>
        <translation>Vorlage: {name}.</translation>
    </message>
    <message>
        <source>What the model sees</source>
        <translation>Was das Modell sieht</translation>
    </message>
    <message>
        <source>the model</source>
        <translation>das Modell</translation>
    </message>
    <message>
        <source>{count} tokens.</source>
        <translation>{count} Tokens.</translation>
    </message>
</context>
<context>
    <name>Problems</name>
    <message>
        <source>Choose another…</source>
        <translation>Andere wählen …</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Details</translation>
    </message>
    <message>
        <source>Find a model…</source>
        <translation>Modell finden …</translation>
    </message>
    <message>
        <source>Find one that fits…</source>
        <translation>Eins finden, das passt …</translation>
    </message>
    <message>
        <source>Open a GGUF file…</source>
        <translation>GGUF-Datei öffnen …</translation>
    </message>
    <message>
        <source>Restore a backup…</source>
        <translation>Sicherung wiederherstellen …</translation>
    </message>
    <message>
        <source>Save what can be read</source>
        <translation>Lesbares retten</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
</context>
<context>
    <name>ProgressStrip</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Loading {model}</source>
        <translation>{model} wird geladen</translation>
    </message>
    <message>
        <source>Reading the chat</source>
        <translation>Der Chat wird gelesen</translation>
    </message>
    <message>
        <source>{done} of {total} tokens</source>
        <translation>{done} von {total} Tokens</translation>
    </message>
    <message>
        <source>{percent} %</source>
        <translation>{percent} %</translation>
    </message>
</context>
<context>
    <name>ReadingDesk</name>
    <message>
        <source>As the model reads it.</source>
        <translation>So, wie das Modell es liest.</translation>
    </message>
    <message>
        <source>Details…</source>
        <translation>Details …</translation>
    </message>
    <message>
        <source>Pin into the context</source>
        <translation>Im Kontext anheften</translation>
    </message>
    <message>
        <source>The model sees a pinned message, with its turn, however long the chat becomes.</source>
        <translation>Das Modell sieht eine angeheftete Nachricht samt ihrem Gegenstück, so lang der Chat auch wird.</translation>
    </message>
    <message>
        <source>Unpin from the context</source>
        <translation>Aus dem Kontext lösen</translation>
    </message>
</context>
<context>
    <name>ReadingPane</name>
    <message>
        <source>Copied</source>
        <translation>Kopiert</translation>
    </message>
    <message>
        <source>Printed</source>
        <translation>Gedruckt</translation>
    </message>
    <message>
        <source>Save the code</source>
        <translation>Code speichern</translation>
    </message>
    <message>
        <source>Saved</source>
        <translation>Gespeichert</translation>
    </message>
    <message>
        <source>{percent} %</source>
        <translation>{percent} %</translation>
    </message>
</context>
<context>
    <name>Recommended</name>
    <message>
        <source>A good all-round model for 16 GB of memory, or a graphics card with 8 GB.</source>
        <translation>Ein gutes Allround-Modell für 16 GB Arbeitsspeicher oder eine Grafikkarte mit 8 GB.</translation>
    </message>
    <message>
        <source>A mixture of experts: as quick as a small model, with the knowledge of a large one.</source>
        <translation>Ein Mixture-of-Experts-Modell: schnell wie ein kleines, mit dem Wissen eines großen.</translation>
    </message>
    <message>
        <source>Close to what the large services offer, for a workstation with 96 GB of memory or more.</source>
        <translation>Nahe an dem, was die großen Dienste bieten, für eine Workstation mit mindestens 96 GB Arbeitsspeicher.</translation>
    </message>
    <message>
        <source>Knows more and writes better; fits a graphics card with 12 GB.</source>
        <translation>Weiß mehr und schreibt besser; passt auf eine Grafikkarte mit 12 GB.</translation>
    </message>
    <message>
        <source>Quick on any machine, and good enough for short texts and simple questions.</source>
        <translation>Auf jedem Rechner schnell und gut genug für kurze Texte und einfache Fragen.</translation>
    </message>
    <message>
        <source>The best for a machine with 8 GB of memory: reasons well for its size.</source>
        <translation>Das beste für einen Rechner mit 8 GB Arbeitsspeicher: denkt gut für seine Größe.</translation>
    </message>
    <message>
        <source>The smallest that still holds a conversation; answers at once, even on an old laptop.</source>
        <translation>Das kleinste, das noch ein Gespräch führt; antwortet sofort, auch auf einem alten Laptop.</translation>
    </message>
    <message>
        <source>Thorough answers on a graphics card with 24 GB.</source>
        <translation>Gründliche Antworten auf einer Grafikkarte mit 24 GB.</translation>
    </message>
    <message>
        <source>Uses 3 of its 30 billion weights at a time: quick even without a graphics card, given 32 GB of memory.</source>
        <translation>Nutzt jeweils 3 seiner 30 Milliarden Gewichte: schnell auch ohne Grafikkarte, bei 32 GB Arbeitsspeicher.</translation>
    </message>
</context>
<context>
    <name>ReplyColumn</name>
    <message>
        <source>Done</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>Go on with the reply of {name}</source>
        <translation>Mit der Antwort von {name} weitermachen</translation>
    </message>
    <message>
        <source>Go on with this one</source>
        <translation>Damit weitermachen</translation>
    </message>
    <message>
        <source>Loading the model…</source>
        <translation>Modell wird geladen …</translation>
    </message>
    <message>
        <source>Reading the prompt…</source>
        <translation>Prompt wird gelesen …</translation>
    </message>
    <message>
        <source>Reply of {name}</source>
        <translation>Antwort von {name}</translation>
    </message>
    <message>
        <source>Reply of {name}, differences marked</source>
        <translation>Antwort von {name}, Unterschiede markiert</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>Wird gestoppt …</translation>
    </message>
    <message>
        <source>Waits</source>
        <translation>Wartet</translation>
    </message>
    <message>
        <source>Writing…</source>
        <translation>Schreibt …</translation>
    </message>
</context>
<context>
    <name>RepoList</name>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
</context>
<context>
    <name>RepoView</name>
    <message>
        <source>Choose a model at the left</source>
        <translation>Links ein Modell wählen</translation>
    </message>
    <message>
        <source>Enter a token…</source>
        <translation>Token eingeben …</translation>
    </message>
    <message>
        <source>Nothing in here is a model that Parley knows</source>
        <translation>Hier ist nichts ein Modell, das Parley kennt</translation>
    </message>
    <message>
        <source>Open its page…</source>
        <translation>Seite öffnen …</translation>
    </message>
    <message>
        <source>Reading the repo</source>
        <translation>Repo wird gelesen</translation>
    </message>
    <message>
        <source>Reading {repo}</source>
        <translation>{repo} wird gelesen</translation>
    </message>
    <message>
        <source>See its variants</source>
        <translation>Varianten zeigen</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>{name} suits this machine</source>
        <translation>{name} passt zu diesem Rechner</translation>
    </message>
</context>
<context>
    <name>Report</name>
    <message>
        <source>Details</source>
        <translation>Details</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>Bericht</translation>
    </message>
</context>
<context>
    <name>Reveal</name>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>This system has no program that opens folders.</source>
        <translation>Dieses System hat kein Programm, das Ordner öffnet.</translation>
    </message>
</context>
<context>
    <name>RowDelegate</name>
    <message>
        <source>Name of the folder</source>
        <translation>Name des Ordners</translation>
    </message>
    <message>
        <source>Title</source>
        <translation>Titel</translation>
    </message>
</context>
<context>
    <name>ScrolledDocument</name>
    <message>
        <source>Jump to latest</source>
        <translation>Zum Neuesten</translation>
    </message>
</context>
<context>
    <name>SearchBar</name>
    <message>
        <source>Any format</source>
        <translation>Jedes Format</translation>
    </message>
    <message>
        <source>Author</source>
        <translation>Autor</translation>
    </message>
    <message>
        <source>Fits here</source>
        <translation>Passt hier</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>Most downloads</source>
        <translation>Meistgeladen</translation>
    </message>
    <message>
        <source>Most likes</source>
        <translation>Meiste Likes</translation>
    </message>
    <message>
        <source>Newest</source>
        <translation>Neueste</translation>
    </message>
    <message>
        <source>Search models, or paste owner/name or a page&apos;s address</source>
        <translation>Modelle suchen oder owner/name oder eine Seitenadresse einfügen</translation>
    </message>
    <message>
        <source>Sort</source>
        <translation>Sortierung</translation>
    </message>
</context>
<context>
    <name>SearchFilters</name>
    <message>
        <source>30 days</source>
        <translation>30 Tage</translation>
    </message>
    <message>
        <source>7 days</source>
        <translation>7 Tage</translation>
    </message>
    <message>
        <source>Any folder</source>
        <translation>Alle Ordner</translation>
    </message>
    <message>
        <source>Any model</source>
        <translation>Alle Modelle</translation>
    </message>
    <message>
        <source>Any time</source>
        <translation>Jederzeit</translation>
    </message>
    <message>
        <source>Anyone</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>In which folder</source>
        <translation>In welchem Ordner</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>One year</source>
        <translation>Ein Jahr</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>Heute</translation>
    </message>
    <message>
        <source>When it was written</source>
        <translation>Wann geschrieben</translation>
    </message>
    <message>
        <source>Which model wrote it</source>
        <translation>Von welchem Modell</translation>
    </message>
    <message>
        <source>Who wrote it</source>
        <translation>Von wem</translation>
    </message>
    <message>
        <source>You</source>
        <translation>Sie</translation>
    </message>
</context>
<context>
    <name>SearchPanel</name>
    <message>
        <source>1 place</source>
        <translation>1 Fundstelle</translation>
    </message>
    <message>
        <source>Found in your chats</source>
        <translation>In Ihren Chats gefunden</translation>
    </message>
    <message>
        <source>Nothing says “{text}” within these limits.</source>
        <translation>Unter diesen Bedingungen sagt nichts „{text}“.</translation>
    </message>
    <message>
        <source>Nothing says “{text}”. Parley looks for the beginnings of words.</source>
        <translation>Nichts sagt „{text}“. Parley sucht nach Wortanfängen.</translation>
    </message>
    <message>
        <source>Searching…</source>
        <translation>Suche läuft …</translation>
    </message>
    <message>
        <source>The best {count} places</source>
        <translation>Die {count} besten Fundstellen</translation>
    </message>
    <message>
        <source>The search did not succeed.</source>
        <translation>Die Suche ist nicht gelungen.</translation>
    </message>
    <message>
        <source>{count} places</source>
        <translation>{count} Fundstellen</translation>
    </message>
</context>
<context>
    <name>Sending</name>
    <message>
        <source> (the beginning)</source>
        <translation> (der Anfang)</translation>
    </message>
    <message>
        <source>Load with {tokens} tokens</source>
        <translation>Mit {tokens} Tokens laden</translation>
    </message>
    <message>
        <source>Remove the files</source>
        <translation>Dateien entfernen</translation>
    </message>
    <message>
        <source>Send only the beginning</source>
        <translation>Nur den Anfang senden</translation>
    </message>
</context>
<context>
    <name>ServerCard</name>
    <message>
        <source>Asking…</source>
        <translation>Wird gefragt …</translation>
    </message>
    <message>
        <source>Change…</source>
        <translation>Ändern …</translation>
    </message>
    <message>
        <source>It answered in {milliseconds} ms.</source>
        <translation>Er antwortete in {milliseconds} ms.</translation>
    </message>
    <message>
        <source>It lists no models; their names can be entered under “Change…”.</source>
        <translation>Er listet keine Modelle auf; ihre Namen können unter „Ändern …“ eingegeben werden.</translation>
    </message>
    <message>
        <source>Models: {names}</source>
        <translation>Modelle: {names}</translation>
    </message>
    <message>
        <source>Models: {names}, and {more} more</source>
        <translation>Modelle: {names} und {more} weitere</translation>
    </message>
    <message>
        <source>Not asked yet.</source>
        <translation>Noch nicht gefragt.</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Test</source>
        <translation>Testen</translation>
    </message>
</context>
<context>
    <name>ServerForm</name>
    <message>
        <source> seconds of silence</source>
        <translation> Sekunden Stille</translation>
    </message>
    <message>
        <source>Add a server</source>
        <translation>Server hinzufügen</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adresse</translation>
    </message>
    <message>
        <source>Any server that speaks the OpenAI API: vLLM, llama-server, Ollama, LM Studio.</source>
        <translation>Jeder Server, der die OpenAI-API spricht: vLLM, llama-server, Ollama, LM Studio.</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Certificates</source>
        <translation>Zertifikate</translation>
    </message>
    <message>
        <source>Certificates (*.pem *.crt *.cer);;All files (*)</source>
        <translation>Zertifikate (*.pem *.crt *.cer);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Change a server</source>
        <translation>Server ändern</translation>
    </message>
    <message>
        <source>Choose a file of certificates</source>
        <translation>Zertifikatsdatei wählen</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>Wählen …</translation>
    </message>
    <message>
        <source>Forget the key</source>
        <translation>Schlüssel vergessen</translation>
    </message>
    <message>
        <source>Give up after</source>
        <translation>Aufgeben nach</translation>
    </message>
    <message>
        <source>Kept; a new one takes its place</source>
        <translation>Aufbewahrt; ein neuer ersetzt ihn</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>Schlüssel</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>None, if the server asks for none</source>
        <translation>Keiner, wenn der Server keinen verlangt</translation>
    </message>
    <message>
        <source>Only what the server does not list, with commas between</source>
        <translation>Nur, was der Server nicht auflistet, mit Kommas dazwischen</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>The key goes to this server alone, and is in no log and no database.</source>
        <translation>Der Schlüssel geht allein an diesen Server und steht in keinem Protokoll und keiner Datenbank.</translation>
    </message>
    <message>
        <source>The key goes to this server alone; it is kept in the system&apos;s keyring.</source>
        <translation>Der Schlüssel geht allein an diesen Server; er liegt im Schlüsselbund des Systems.</translation>
    </message>
    <message>
        <source>The key goes to this server alone; without a keyring it is in a file only you can read.</source>
        <translation>Der Schlüssel geht allein an diesen Server; ohne Schlüsselbund liegt er in einer Datei, die nur Sie lesen können.</translation>
    </message>
    <message>
        <source>The system&apos;s certificates only</source>
        <translation>Nur die Zertifikate des Systems</translation>
    </message>
    <message>
        <source>Workstation</source>
        <translation>Arbeitsrechner</translation>
    </message>
</context>
<context>
    <name>ServersDialog</name>
    <message>
        <source>Add a server…</source>
        <translation>Server hinzufügen …</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Models can also run on other machines. Choose one in the model&apos;s menu; Parley asks before the first message of a chat leaves this machine.</source>
        <translation>Modelle können auch auf anderen Rechnern laufen. Wählen Sie eines im Modellmenü; Parley fragt, bevor die erste Nachricht eines Chats diesen Rechner verlässt.</translation>
    </message>
    <message>
        <source>Servers</source>
        <translation>Server</translation>
    </message>
    <message>
        <source>There are none yet.</source>
        <translation>Noch gibt es keine.</translation>
    </message>
</context>
<context>
    <name>SettingRow</name>
    <message>
        <source>Back to the default: {title}</source>
        <translation>Zurück zum Standard: {title}</translation>
    </message>
</context>
<context>
    <name>Settings</name>
    <message>
        <source>A file in PEM format with authorities to trust besides the system&apos;s.</source>
        <translation>Eine PEM-Datei mit Zertifizierungsstellen, denen zusätzlich zu denen des Systems vertraut wird.</translation>
    </message>
    <message>
        <source>A mirror of huggingface.co, such as https://hub.example.org. Empty means the Hub itself.</source>
        <translation>Ein Spiegel von huggingface.co, etwa https://hub.example.org. Leer steht für den Hub selbst.</translation>
    </message>
    <message>
        <source>Address of the Hub</source>
        <translation>Adresse des Hubs</translation>
    </message>
    <message>
        <source>After a first answer the model is asked for a title while it is idle. Otherwise the first words stay.</source>
        <translation>Nach der ersten Antwort wird das Modell im Leerlauf um einen Titel gebeten. Sonst bleiben die ersten Wörter.</translation>
    </message>
    <message>
        <source>Answer once more</source>
        <translation>Noch einmal antworten</translation>
    </message>
    <message>
        <source>Attach files</source>
        <translation>Dateien anhängen</translation>
    </message>
    <message>
        <source>Certificates</source>
        <translation>Zertifikate</translation>
    </message>
    <message>
        <source>Comfortable</source>
        <translation>Bequem</translation>
    </message>
    <message>
        <source>Compact</source>
        <translation>Kompakt</translation>
    </message>
    <message>
        <source>Compare models or presets</source>
        <translation>Modelle oder Presets vergleichen</translation>
    </message>
    <message>
        <source>Copy the last reply</source>
        <translation>Letzte Antwort kopieren</translation>
    </message>
    <message>
        <source>Ctrl+Enter</source>
        <translation>Strg+Eingabe</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Density</source>
        <translation>Dichte</translation>
    </message>
    <message>
        <source>Deutsch</source>
        <translation>Deutsch</translation>
    </message>
    <message>
        <source>Download speed limit</source>
        <translation>Tempolimit für Downloads</translation>
    </message>
    <message>
        <source>English</source>
        <translation>English</translation>
    </message>
    <message>
        <source>Enter</source>
        <translation>Eingabe</translation>
    </message>
    <message>
        <source>Find a model</source>
        <translation>Modell finden</translation>
    </message>
    <message>
        <source>Find the next place</source>
        <translation>Nächste Fundstelle</translation>
    </message>
    <message>
        <source>Find the place before</source>
        <translation>Vorige Fundstelle</translation>
    </message>
    <message>
        <source>Find words in the chat</source>
        <translation>Im Chat suchen</translation>
    </message>
    <message>
        <source>Folders for models</source>
        <translation>Ordner für Modelle</translation>
    </message>
    <message>
        <source>Follow the system, or always use one.</source>
        <translation>Dem System folgen oder immer dasselbe verwenden.</translation>
    </message>
    <message>
        <source>Free the memory when idle</source>
        <translation>Speicher im Leerlauf freigeben</translation>
    </message>
    <message>
        <source>How a new chat begins, unless its folder has a preset of its own.</source>
        <translation>Womit ein neuer Chat beginnt, sofern sein Ordner kein eigenes Preset hat.</translation>
    </message>
    <message>
        <source>How much room buttons, fields and menus take.</source>
        <translation>Wie viel Platz Tasten, Felder und Menüs einnehmen.</translation>
    </message>
    <message>
        <source>In the window: nothing of them is written to disk. A chat that begins in a folder is kept.</source>
        <translation>Im Fenster: Von ihnen wird nichts auf die Platte geschrieben. Ein Chat, der in einem Ordner beginnt, bleibt.</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>Larger text in the chat</source>
        <translation>Chattext größer</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Like the system</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Look for newer versions</source>
        <translation>Nach neueren Versionen sehen</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>Neuer Chat</translation>
    </message>
    <message>
        <source>New chats are temporary</source>
        <translation>Neue Chats sind temporär</translation>
    </message>
    <message>
        <source>New models go into the first one. Without any, they go into Parley&apos;s own folder.</source>
        <translation>Neue Modelle kommen in den ersten. Ohne Angabe kommen sie in Parleys eigenen Ordner.</translation>
    </message>
    <message>
        <source>New temporary chat</source>
        <translation>Neuer temporärer Chat</translation>
    </message>
    <message>
        <source>Of all downloads together; 0 means none.</source>
        <translation>Für alle Downloads zusammen; 0 steht für keines.</translation>
    </message>
    <message>
        <source>Of everything in the window, compared with the system&apos;s.</source>
        <translation>Von allem im Fenster, im Vergleich zum System.</translation>
    </message>
    <message>
        <source>Once a day Parley asks the address that came with it. Nothing is sent but the request, which names the version that runs here; nothing is installed before you say so.</source>
        <translation>Einmal am Tag fragt Parley die Adresse, mit der es ausgeliefert wurde. Gesendet wird nur die Anfrage, die die hier laufende Version nennt; nichts wird installiert, bevor Sie es sagen.</translation>
    </message>
    <message>
        <source>Open a GGUF file</source>
        <translation>GGUF-Datei öffnen</translation>
    </message>
    <message>
        <source>Open the last chat at the start</source>
        <translation>Beim Start den letzten Chat öffnen</translation>
    </message>
    <message>
        <source>Otherwise Parley begins with a new one.</source>
        <translation>Sonst beginnt Parley mit einem neuen.</translation>
    </message>
    <message>
        <source>Parley asks no server for anything: no search, no downloads. Running downloads pause.</source>
        <translation>Parley fragt keinen Server: keine Suche, keine Downloads. Laufende Downloads pausieren.</translation>
    </message>
    <message>
        <source>Preset of new chats</source>
        <translation>Preset neuer Chats</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>Presets</translation>
    </message>
    <message>
        <source>Print the chat</source>
        <translation>Chat drucken</translation>
    </message>
    <message>
        <source>Proxy</source>
        <translation>Proxy</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Reduce motion</source>
        <translation>Bewegung verringern</translation>
    </message>
    <message>
        <source>Search chats</source>
        <translation>Chats durchsuchen</translation>
    </message>
    <message>
        <source>Send with</source>
        <translation>Senden mit</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Show the shortcuts</source>
        <translation>Tastenkürzel zeigen</translation>
    </message>
    <message>
        <source>Smaller text in the chat</source>
        <translation>Chattext kleiner</translation>
    </message>
    <message>
        <source>Such as http://name:3128. Empty means the system&apos;s. Never used for addresses on this machine.</source>
        <translation>Etwa http://name:3128. Leer steht für den des Systems. Nie für Adressen auf diesem Rechner.</translation>
    </message>
    <message>
        <source>Take back the last deletion</source>
        <translation>Letztes Löschen rückgängig machen</translation>
    </message>
    <message>
        <source>Text in the chat as large as elsewhere</source>
        <translation>Chattext in normaler Größe</translation>
    </message>
    <message>
        <source>Text size</source>
        <translation>Textgröße</translation>
    </message>
    <message>
        <source>The other one starts a new line.</source>
        <translation>Die andere beginnt eine neue Zeile.</translation>
    </message>
    <message>
        <source>The text cursor does not blink, and menus and hints appear without sliding or fading.</source>
        <translation>Die Schreibmarke blinkt nicht; Menüs und Hinweise erscheinen ohne Gleiten und Überblenden.</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Farbschema</translation>
    </message>
    <message>
        <source>Titles by the model</source>
        <translation>Titel vom Modell</translation>
    </message>
    <message>
        <source>Unload the model after so many minutes without a reply; the next message loads it again. 0 means never.</source>
        <translation>Das Modell nach so vielen Minuten ohne Antwort entladen; die nächste Nachricht lädt es wieder. 0 steht für nie.</translation>
    </message>
    <message>
        <source>What {{user}} in a preset becomes. It stays on this machine.</source>
        <translation>Was aus {{user}} in einem Preset wird. Bleibt auf diesem Rechner.</translation>
    </message>
    <message>
        <source>Work offline</source>
        <translation>Offline arbeiten</translation>
    </message>
    <message>
        <source>Your name</source>
        <translation>Ihr Name</translation>
    </message>
    <message>
        <source>简体中文</source>
        <translation>简体中文</translation>
    </message>
</context>
<context>
    <name>SettingsButton</name>
    <message>
        <source>Open settings…</source>
        <translation>Einstellungen öffnen …</translation>
    </message>
</context>
<context>
    <name>SettingsDesk</name>
    <message>
        <source>A copy of all chats is made every day. Go back to one, or make one now.</source>
        <translation>Jeden Tag entsteht eine Kopie aller Chats. Kehren Sie zu einer zurück, oder machen Sie jetzt eine.</translation>
    </message>
    <message>
        <source>As JSON with everything, as Markdown, as web pages or as PDFs, in one file.</source>
        <translation>Als JSON mit allem, als Markdown, als Webseiten oder als PDFs, in einer Datei.</translation>
    </message>
    <message>
        <source>Backups</source>
        <translation>Sicherungen</translation>
    </message>
    <message>
        <source>Backups…</source>
        <translation>Sicherungen …</translation>
    </message>
    <message>
        <source>Data folder</source>
        <translation>Datenordner</translation>
    </message>
    <message>
        <source>Edit presets…</source>
        <translation>Presets bearbeiten …</translation>
    </message>
    <message>
        <source>Export all chats</source>
        <translation>Alle Chats exportieren</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exportieren …</translation>
    </message>
    <message>
        <source>From Parley, ChatGPT, Claude, Open WebUI, LM Studio, Jan or GPT4All.</source>
        <translation>Aus Parley, ChatGPT, Claude, Open WebUI, LM Studio, Jan oder GPT4All.</translation>
    </message>
    <message>
        <source>Import chats</source>
        <translation>Chats importieren</translation>
    </message>
    <message>
        <source>Import…</source>
        <translation>Importieren …</translation>
    </message>
    <message>
        <source>Logs</source>
        <translation>Protokolle</translation>
    </message>
    <message>
        <source>Models on this machine</source>
        <translation>Modelle auf diesem Rechner</translation>
    </message>
    <message>
        <source>Move…</source>
        <translation>Verschieben …</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>Presets</translation>
    </message>
    <message>
        <source>Settings file</source>
        <translation>Einstellungsdatei</translation>
    </message>
    <message>
        <source>Show…</source>
        <translation>Zeigen …</translation>
    </message>
    <message>
        <source>System prompts with their own sampling: make, change, share.</source>
        <translation>System-Prompts mit eigenem Sampling: erstellen, ändern, weitergeben.</translation>
    </message>
    <message>
        <source>What lies in these folders, and what other programs have.</source>
        <translation>Was in diesen Ordnern liegt und was andere Programme haben.</translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>No setting speaks of “{words}”.</source>
        <translation>Keine Einstellung spricht von „{words}“.</translation>
    </message>
    <message>
        <source>Pages</source>
        <translation>Seiten</translation>
    </message>
    <message>
        <source>Search settings</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
</context>
<context>
    <name>SettingsPages</name>
    <message>
        <source>Appearance</source>
        <translation>Darstellung</translation>
    </message>
    <message>
        <source>Behaviour</source>
        <translation>Verhalten</translation>
    </message>
    <message>
        <source>Counts for what is searched or downloaded from then on.</source>
        <translation>Gilt für alles, was ab dann gesucht oder heruntergeladen wird.</translation>
    </message>
    <message>
        <source>Counts from the next start on.</source>
        <translation>Gilt ab dem nächsten Start.</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>Daten</translation>
    </message>
    <message>
        <source>Downloads and network</source>
        <translation>Downloads und Netzwerk</translation>
    </message>
    <message>
        <source>Models and folders</source>
        <translation>Modelle und Ordner</translation>
    </message>
    <message>
        <source>Privacy</source>
        <translation>Privatsphäre</translation>
    </message>
    <message>
        <source>Shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
</context>
<context>
    <name>ShelfPanel</name>
    <message>
        <source>Back to the chats</source>
        <translation>Zurück zu den Chats</translation>
    </message>
</context>
<context>
    <name>ShortcutsDialog</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
</context>
<context>
    <name>Sidebar</name>
    <message>
        <source>Chats</source>
        <translation>Chats</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>Neuer Chat</translation>
    </message>
    <message>
        <source>Archive</source>
        <translation>Archivieren</translation>
    </message>
    <message>
        <source>Folders</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>New folder</source>
        <translation>Neuer Ordner</translation>
    </message>
    <message>
        <source>Nothing in it</source>
        <translation>Leer</translation>
    </message>
    <message>
        <source>Pinned</source>
        <translation>Angeheftet</translation>
    </message>
    <message>
        <source>Previous 7 days</source>
        <translation>Letzte 7 Tage</translation>
    </message>
    <message>
        <source>Search chats</source>
        <translation>Chats durchsuchen</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Show more</source>
        <translation>Mehr zeigen</translation>
    </message>
    <message>
        <source>The archive is empty. Chats that you archive are out of the way here, and found by search.</source>
        <translation>Das Archiv ist leer. Archivierte Chats sind hier aus dem Weg und über die Suche zu finden.</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>Heute</translation>
    </message>
    <message>
        <source>Trash</source>
        <translation>Papierkorb</translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation>Gestern</translation>
    </message>
    <message>
        <source>Your chats will be listed here.</source>
        <translation>Ihre Chats werden hier aufgeführt.</translation>
    </message>
</context>
<context>
    <name>SidebarDesk</name>
    <message>
        <source>Archived</source>
        <translation>Archiviert</translation>
    </message>
    <message>
        <source>Folder deleted; its chats are kept</source>
        <translation>Ordner gelöscht; seine Chats bleiben</translation>
    </message>
    <message>
        <source>Folder moved</source>
        <translation>Ordner verschoben</translation>
    </message>
    <message>
        <source>Moved</source>
        <translation>Verschoben</translation>
    </message>
    <message>
        <source>Moved to the trash</source>
        <translation>In den Papierkorb verschoben</translation>
    </message>
    <message>
        <source>New folder</source>
        <translation>Neuer Ordner</translation>
    </message>
    <message>
        <source>Taken back</source>
        <translation>Zurückgeholt</translation>
    </message>
    <message>
        <source>Taken out of the archive</source>
        <translation>Aus dem Archiv geholt</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
</context>
<context>
    <name>StartView</name>
    <message>
        <source>A part of {model} is on {hosts}: what you write goes there unencrypted.</source>
        <translation>Ein Teil von {model} liegt auf {hosts}: Was Sie schreiben, geht unverschlüsselt dorthin.</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>Modell wählen</translation>
    </message>
    <message>
        <source>Choose another…</source>
        <translation>Andere wählen …</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Details</translation>
    </message>
    <message>
        <source>Find a model…</source>
        <translation>Modell finden …</translation>
    </message>
    <message>
        <source>Find one that fits…</source>
        <translation>Eins finden, das passt …</translation>
    </message>
    <message>
        <source>Loading {model}</source>
        <translation>{model} wird geladen</translation>
    </message>
    <message>
        <source>Nothing of this chat is written to this machine&apos;s disk: it is gone here once you leave it.</source>
        <translation>Von diesem Chat wird nichts auf die Platte dieses Rechners geschrieben: Er ist hier weg, sobald Sie ihn verlassen.</translation>
    </message>
    <message>
        <source>Open a GGUF file…</source>
        <translation>GGUF-Datei öffnen …</translation>
    </message>
    <message>
        <source>Parley talks with models that run on this machine. Find one that fits, or open a file.</source>
        <translation>Parley spricht mit Modellen, die auf diesem Rechner laufen. Suchen Sie eines, das passt, oder öffnen Sie eine Datei.</translation>
    </message>
    <message>
        <source>Part of the model that is loaded</source>
        <translation>Geladener Teil des Modells</translation>
    </message>
    <message>
        <source>Temporary chat</source>
        <translation>Temporärer Chat</translation>
    </message>
    <message>
        <source>This machine has {total} of memory, {free} free.</source>
        <translation>Dieser Rechner hat {total} Arbeitsspeicher, {free} frei.</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>What shall we talk about?</source>
        <translation>Worüber wollen wir reden?</translation>
    </message>
    <message>
        <source>or drop one on this window</source>
        <translation>oder eine in dieses Fenster ziehen</translation>
    </message>
    <message>
        <source>{model} is ready.</source>
        <translation>{model} ist bereit.</translation>
    </message>
    <message>
        <source>{model} is ready. It runs on this machine; nothing leaves it.</source>
        <translation>{model} ist bereit. Es läuft auf diesem Rechner; nichts verlässt ihn.</translation>
    </message>
    <message>
        <source>{model} runs on “{server}” at {host}: what you write is sent there.</source>
        <translation>{model} läuft auf „{server}“ unter {host}: Was Sie schreiben, wird dorthin gesendet.</translation>
    </message>
    <message>
        <source>{percent} %</source>
        <translation>{percent} %</translation>
    </message>
</context>
<context>
    <name>TemplateEditor</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Chat template</source>
        <translation>Chat-Vorlage</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Delete “{name}”?</source>
        <translation>„{name}“ löschen?</translation>
    </message>
    <message>
        <source>Give up</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Weiter bearbeiten</translation>
    </message>
    <message>
        <source>Go on editing, or give them up?</source>
        <translation>Weiter bearbeiten oder verwerfen?</translation>
    </message>
    <message>
        <source>It renders all of the test conversations.</source>
        <translation>Sie stellt alle Testchats dar.</translation>
    </message>
    <message>
        <source>Jinja source</source>
        <translation>Jinja-Quelltext</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <source>Line {line}</source>
        <translation>Zeile {line}</translation>
    </message>
    <message>
        <source>Models and presets that use it need another template then.</source>
        <translation>Modelle und Presets, die sie verwenden, brauchen dann eine andere Vorlage.</translation>
    </message>
    <message>
        <source>My template</source>
        <translation>Meine Vorlage</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>The changes are not saved.</source>
        <translation>Die Änderungen sind nicht gespeichert.</translation>
    </message>
</context>
<context>
    <name>TextDialog</name>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Kopiert</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
</context>
<context>
    <name>TitleField</name>
    <message>
        <source>Title</source>
        <translation>Titel</translation>
    </message>
</context>
<context>
    <name>TokenDialog</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Create one that may read, under Access Tokens in your account&apos;s settings.</source>
        <translation>Erstellen Sie unter „Access Tokens“ in den Einstellungen Ihres Kontos eines, das lesen darf.</translation>
    </message>
    <message>
        <source>Forget it</source>
        <translation>Vergessen</translation>
    </message>
    <message>
        <source>HF_TOKEN is set, and is used before any other.</source>
        <translation>HF_TOKEN ist gesetzt und wird vor jedem anderen verwendet.</translation>
    </message>
    <message>
        <source>It is kept in the system&apos;s keyring or, where that refuses, in a file that only you can read.</source>
        <translation>Es liegt im Schlüsselbund des Systems oder, wo der sich weigert, in einer Datei, die nur Sie lesen können.</translation>
    </message>
    <message>
        <source>It is sent to the Hub alone, and is in no log and no database.</source>
        <translation>Es geht allein an den Hub und steht in keinem Protokoll und keiner Datenbank.</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>The token of the Hub&apos;s own client is used; one entered here goes first.</source>
        <translation>Das Token des Hub-eigenen Programms wird verwendet; ein hier eingegebenes geht vor.</translation>
    </message>
    <message>
        <source>There is a token in a file that only you can read; a new one takes its place.</source>
        <translation>Ein Token liegt in einer Datei, die nur Sie lesen können; ein neues ersetzt es.</translation>
    </message>
    <message>
        <source>There is a token in the system&apos;s keyring; a new one takes its place.</source>
        <translation>Ein Token liegt im Schlüsselbund des Systems; ein neues ersetzt es.</translation>
    </message>
    <message>
        <source>This system has no keyring: it is kept in a file that only you can read.</source>
        <translation>Dieses System hat keinen Schlüsselbund: Das Token liegt in einer Datei, die nur Sie lesen können.</translation>
    </message>
    <message>
        <source>Token</source>
        <translation>Token</translation>
    </message>
    <message>
        <source>Your token for the Hub</source>
        <translation>Ihr Token für den Hub</translation>
    </message>
</context>
<context>
    <name>Transcript</name>
    <message>
        <source>Attached file {0}</source>
        <translation>Angehängte Datei {0}</translation>
    </message>
    <message>
        <source>Code in {0}: {1}</source>
        <translation>Code in {0}: {1}</translation>
    </message>
    <message>
        <source>Code: {0}</source>
        <translation>Code: {0}</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copy the code</source>
        <translation>Code kopieren</translation>
    </message>
    <message>
        <source>Copy the message</source>
        <translation>Nachricht kopieren</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Details</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>Bearbeiten</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Fehlgeschlagen</translation>
    </message>
    <message>
        <source>Formula: {0}</source>
        <translation>Formel: {0}</translation>
    </message>
    <message>
        <source>Interrupted: what was written is kept</source>
        <translation>Unterbrochen: Das Geschriebene bleibt erhalten</translation>
    </message>
    <message>
        <source>More</source>
        <translation>Mehr</translation>
    </message>
    <message>
        <source>Pinned</source>
        <translation>Angeheftet</translation>
    </message>
    <message>
        <source>Reasoning</source>
        <translation>Denken</translation>
    </message>
    <message>
        <source>Reply</source>
        <translation>Antwort</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Save the code</source>
        <translation>Code speichern</translation>
    </message>
    <message>
        <source>Scroll sideways</source>
        <translation>Seitwärts scrollen</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>Gestoppt</translation>
    </message>
    <message>
        <source>Stopped at the token limit</source>
        <translation>Am Token-Limit gestoppt</translation>
    </message>
    <message>
        <source>The context is full</source>
        <translation>Der Kontext ist voll</translation>
    </message>
    <message>
        <source>The model sees from here</source>
        <translation>Das Modell sieht ab hier</translation>
    </message>
    <message>
        <source>The version after</source>
        <translation>Nächste Fassung</translation>
    </message>
    <message>
        <source>The version before</source>
        <translation>Vorige Fassung</translation>
    </message>
    <message>
        <source>Thinking…</source>
        <translation>Denkt nach …</translation>
    </message>
    <message>
        <source>Thought</source>
        <translation>Nachgedacht</translation>
    </message>
    <message>
        <source>Thought for {0} s</source>
        <translation>{0} s nachgedacht</translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation>Lösen</translation>
    </message>
    <message>
        <source>Unwrap</source>
        <translation>Nicht umbrechen</translation>
    </message>
    <message>
        <source>Wrap</source>
        <translation>Umbrechen</translation>
    </message>
    <message>
        <source>Wrap long lines</source>
        <translation>Lange Zeilen umbrechen</translation>
    </message>
    <message>
        <source>You</source>
        <translation>Sie</translation>
    </message>
    <message>
        <source>about {0} tokens</source>
        <translation>etwa {0} Tokens</translation>
    </message>
    <message>
        <source>{0} / {1}</source>
        <translation>{0} / {1}</translation>
    </message>
    <message>
        <source>{0} answers from here</source>
        <translation>Ab hier antwortet {0}</translation>
    </message>
    <message>
        <source>{0} tok/s</source>
        <translation>{0} Tok/s</translation>
    </message>
    <message>
        <source>{0} tokens</source>
        <translation>{0} Tokens</translation>
    </message>
</context>
<context>
    <name>TranscriptMenu</name>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copy as Markdown</source>
        <translation>Als Markdown kopieren</translation>
    </message>
    <message>
        <source>Copy link</source>
        <translation>Link kopieren</translation>
    </message>
    <message>
        <source>Copy message</source>
        <translation>Nachricht kopieren</translation>
    </message>
    <message>
        <source>Open link…</source>
        <translation>Link öffnen …</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>Alles auswählen</translation>
    </message>
</context>
<context>
    <name>TranscriptView</name>
    <message>
        <source>Chat</source>
        <translation>Chat</translation>
    </message>
</context>
<context>
    <name>TrashPanel</name>
    <message>
        <source>All that is in the trash will be deleted for good.</source>
        <translation>Alles im Papierkorb wird endgültig gelöscht.</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Chats</source>
        <translation>Chats</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Delete for good…</source>
        <translation>Endgültig löschen …</translation>
    </message>
    <message>
        <source>Empty the trash</source>
        <translation>Papierkorb leeren</translation>
    </message>
    <message>
        <source>Empty…</source>
        <translation>Leeren …</translation>
    </message>
    <message>
        <source>Goes in {days} days</source>
        <translation>Verschwindet in {days} Tagen</translation>
    </message>
    <message>
        <source>Goes within a day</source>
        <translation>Verschwindet binnen eines Tages</translation>
    </message>
    <message>
        <source>It cannot be brought back afterwards.</source>
        <translation>Das lässt sich nicht rückgängig machen.</translation>
    </message>
    <message>
        <source>Messages</source>
        <translation>Nachrichten</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>Wiederherstellen</translation>
    </message>
    <message>
        <source>The trash is empty. What you delete is kept here for a while.</source>
        <translation>Der Papierkorb ist leer. Was Sie löschen, bleibt hier eine Weile.</translation>
    </message>
    <message>
        <source>This chat will be deleted for good.</source>
        <translation>Dieser Chat wird endgültig gelöscht.</translation>
    </message>
    <message>
        <source>Trash</source>
        <translation>Papierkorb</translation>
    </message>
    <message>
        <source>{count} chats will be deleted for good.</source>
        <translation>{count} Chats werden endgültig gelöscht.</translation>
    </message>
    <message>
        <source>{goes} · in “{title}”</source>
        <translation>{goes} · in „{title}“</translation>
    </message>
</context>
<context>
    <name>UpdateDesk</name>
    <message>
        <source>Parley {version} is there.</source>
        <translation>Parley {version} ist da.</translation>
    </message>
    <message>
        <source>This is the newest version.</source>
        <translation>Dies ist die neueste Version.</translation>
    </message>
    <message>
        <source>What is new?</source>
        <translation>Was ist neu?</translation>
    </message>
</context>
<context>
    <name>UpdateDialog</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>Download</translation>
    </message>
    <message>
        <source>Download and install</source>
        <translation>Herunterladen und installieren</translation>
    </message>
    <message>
        <source>Downloading: {done} of {total}</source>
        <translation>Wird heruntergeladen: {done} von {total}</translation>
    </message>
    <message>
        <source>Newer version</source>
        <translation>Neuere Version</translation>
    </message>
    <message>
        <source>Not now</source>
        <translation>Jetzt nicht</translation>
    </message>
    <message>
        <source>Of {date}. Version {current} runs here.</source>
        <translation>Vom {date}. Hier läuft Version {current}.</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Parley {version} is there</source>
        <translation>Parley {version} ist da</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>{file} is verified and lies in the folder {folder}. Close Parley, and use this file in the place of the one that you had. Your chats stay as they are.</source>
        <translation>{file} ist geprüft und liegt im Ordner {folder}. Schließen Sie Parley und verwenden Sie diese Datei anstelle der bisherigen. Ihre Chats bleiben, wie sie sind.</translation>
    </message>
    <message>
        <source>{file} is verified, and the system&apos;s installer has it. Close Parley before it begins. Your chats stay as they are, and are copied before the new version changes anything about them.</source>
        <translation>{file} ist geprüft und dem Installationsprogramm des Systems übergeben. Schließen Sie Parley, bevor es beginnt. Ihre Chats bleiben, wie sie sind, und werden kopiert, bevor die neue Version etwas an ihnen ändert.</translation>
    </message>
</context>
<context>
    <name>ValuesDialog</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>Verwenden</translation>
    </message>
    <message>
        <source>“{name}” needs to know</source>
        <translation>„{name}“ braucht noch Angaben</translation>
    </message>
</context>
<context>
    <name>VariantDelegate</name>
    <message>
        <source>★ best</source>
        <translation>★ beste</translation>
    </message>
</context>
<context>
    <name>VariantModel</name>
    <message>
        <source>Bits</source>
        <translation>Bit</translation>
    </message>
    <message>
        <source>Estimated from the file&apos;s size</source>
        <translation>Aus der Größe der Datei geschätzt</translation>
    </message>
    <message>
        <source>Fits</source>
        <translation>Passt</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>Needs</source>
        <translation>Bedarf</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>Qualität</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>Tempo</translation>
    </message>
    <message>
        <source>Variant</source>
        <translation>Variante</translation>
    </message>
    <message>
        <source>{quality} of {most}</source>
        <translation>{quality} von {most}</translation>
    </message>
</context>
<context>
    <name>VariantTable</name>
    <message>
        <source>Variants</source>
        <translation>Varianten</translation>
    </message>
</context>
</TS>
