BEGIN TRANSACTION;
CREATE TABLE conversations (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        title TEXT NOT NULL,
        created_at REAL NOT NULL,
        updated_at REAL NOT NULL,
        leaf_id INTEGER REFERENCES messages (id) ON DELETE SET NULL
    , folder_id INTEGER REFERENCES folders (id) ON DELETE SET NULL, pinned INTEGER NOT NULL DEFAULT 0, archived INTEGER NOT NULL DEFAULT 0, trashed_at REAL, titled_by TEXT NOT NULL DEFAULT 'user', origin TEXT, preset TEXT) STRICT;
INSERT INTO "conversations" VALUES(1,'What is a tree?',1000.0,1006.0,4,2,0,0,NULL,'words',NULL,'{"preset":{"name":"Brief","system":"Be brief."},"system":"Be brief."}');
INSERT INTO "conversations" VALUES(2,'Count to ten.',1007.0,1009.0,6,NULL,1,0,NULL,'user','parley:2',NULL);
CREATE TABLE downloads (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        source TEXT NOT NULL,
        folder TEXT NOT NULL,
        state TEXT NOT NULL,
        position INTEGER NOT NULL,
        done INTEGER NOT NULL,
        failure TEXT,
        added_at REAL NOT NULL,
        ended_at REAL NOT NULL
    ) STRICT;
INSERT INTO "downloads" VALUES(1,'Q4_K_M','{"repo":"acme/tiny-GGUF","commit":"c0ffee","files":[{"path":"tiny-Q4_K_M.gguf","bytes":1234,"sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]}','/models/acme/tiny-GGUF','running',1,617,NULL,1012.0,0.0);
CREATE TABLE drafts (
        id INTEGER PRIMARY KEY,
        message_id INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
        text TEXT NOT NULL,
        reasoning TEXT NOT NULL
    ) STRICT;
INSERT INTO "drafts" VALUES(1,6,'one, ','Easy.');
INSERT INTO "drafts" VALUES(2,6,'two','');
CREATE TABLE measurements (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        backend TEXT NOT NULL,
        architecture TEXT NOT NULL,
        quantization TEXT NOT NULL,
        model TEXT NOT NULL,
        predicted REAL NOT NULL,
        measured REAL NOT NULL,
        certain REAL NOT NULL,
        at REAL NOT NULL, cost TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "measurements" VALUES(1,'memory','CPU','llama','Q4_0','/models/tiny.gguf',200.0,210.0,100.0,1012.0,'');
CREATE TABLE messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
        parent_id INTEGER REFERENCES messages (id) ON DELETE CASCADE,
        role TEXT NOT NULL,
        text TEXT NOT NULL,
        reasoning TEXT NOT NULL,
        state TEXT NOT NULL,
        created_at REAL NOT NULL,
        record TEXT,
        writer TEXT, trash_id INTEGER REFERENCES trash (id) ON DELETE CASCADE, pinned INTEGER NOT NULL DEFAULT 0,
        CHECK (state != 'streaming' OR writer IS NOT NULL)
    ) STRICT;
INSERT INTO "messages" VALUES(1,1,NULL,'system','Be brief.','','complete',1001.0,NULL,NULL,NULL,0);
INSERT INTO "messages" VALUES(2,1,1,'user','What is a tree?','','complete',1002.0,NULL,NULL,NULL,0);
INSERT INTO "messages" VALUES(3,1,2,'assistant','A plant.','Think.','complete',1003.0,'{"model":{"name":"Tiny","path":"/models/tiny.gguf","bytes":1234,"architecture":"llama","quantization":"Q4_0"},"engine":"llama.cpp","engine_version":"1","template":"chatml","sampling":{"temperature":0.2},"options":{"kv_type_k":"q8_0"},"seed":7,"usage":{"prompt_tokens":10,"reused_tokens":0,"completion_tokens":3},"timings":{"prompt_seconds":0.1,"first_token_seconds":0.2,"decode_seconds":0.3,"prompt_rate":100.0,"decode_rate":10.0,"reasoning_seconds":0.0},"finish_reason":"stop"}',NULL,NULL,0);
INSERT INTO "messages" VALUES(4,1,2,'assistant','A graph without cycles.','','stopped',1005.0,'{"model":{"name":"Tiny","path":"/models/tiny.gguf","bytes":1234,"architecture":"llama","quantization":"Q4_0"},"engine":"llama.cpp","engine_version":"1","template":"chatml","sampling":{"temperature":0.2},"options":{"kv_type_k":"q8_0"},"seed":7,"usage":{"prompt_tokens":10,"reused_tokens":0,"completion_tokens":3},"timings":{"prompt_seconds":0.1,"first_token_seconds":0.2,"decode_seconds":0.3,"prompt_rate":100.0,"decode_rate":10.0,"reasoning_seconds":0.0},"finish_reason":"stop"}',NULL,NULL,0);
INSERT INTO "messages" VALUES(5,2,NULL,'user','Count to ten.','','complete',1008.0,NULL,NULL,NULL,0);
INSERT INTO "messages" VALUES(6,2,5,'assistant','','','streaming',1009.0,'{"model":{"name":"Tiny","path":"/models/tiny.gguf","bytes":1234,"architecture":"llama","quantization":"Q4_0"},"engine":"llama.cpp","engine_version":"1","template":"chatml","sampling":{"temperature":0.2},"options":{"kv_type_k":"q8_0"},"seed":7,"usage":{"prompt_tokens":10,"reused_tokens":0,"completion_tokens":3},"timings":{"prompt_seconds":0.1,"first_token_seconds":0.2,"decode_seconds":0.3,"prompt_rate":100.0,"decode_rate":10.0,"reasoning_seconds":0.0},"finish_reason":"stop"}','dead',NULL,0);
INSERT INTO "messages" VALUES(7,1,2,'assistant','A weed.','','complete',1010.0,NULL,NULL,1,0);
CREATE TABLE models (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        path TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        modified_ns INTEGER NOT NULL,
        architecture TEXT NOT NULL,
        quantization TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        context_length INTEGER NOT NULL,
        added_at REAL NOT NULL,
        last_used_at REAL NOT NULL,
        options TEXT NOT NULL,
        template TEXT NOT NULL
    ) STRICT;
INSERT INTO "models" VALUES(1,'/models/tiny.gguf','Tiny',1234,5,'llama','Q4_0','',4096,1010.0,1011.0,'{"context_length":2048}','chatml');
CREATE TABLE folders (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        parent_id INTEGER REFERENCES folders (id) ON DELETE SET NULL,
        name TEXT NOT NULL,
        position INTEGER NOT NULL
    , preset_id INTEGER REFERENCES presets (id) ON DELETE SET NULL) STRICT;
INSERT INTO "folders" VALUES(1,NULL,'Study',0,1);
INSERT INTO "folders" VALUES(2,1,'Graphs',0,NULL);
CREATE TABLE presets (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        position INTEGER NOT NULL,
        builtin TEXT UNIQUE,
        body TEXT
    ) STRICT;
INSERT INTO "presets" VALUES(1,1,'careful','{"name":"Careful"}');
INSERT INTO "presets" VALUES(2,2,'general',NULL);
CREATE TABLE trash (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
        message_id INTEGER NOT NULL,
        trashed_at REAL NOT NULL,
        leaf_id INTEGER,
        moved TEXT NOT NULL
    ) STRICT;
INSERT INTO "trash" VALUES(1,1,7,1011.0,4,'[]');
CREATE INDEX folders_by_preset ON folders (preset_id) WHERE preset_id IS NOT NULL;
CREATE INDEX conversations_by_leaf ON conversations (leaf_id);
CREATE INDEX messages_by_conversation ON messages (conversation_id, id);
CREATE INDEX messages_by_parent ON messages (parent_id);
CREATE INDEX messages_streaming ON messages (writer) WHERE state = 'streaming';
CREATE INDEX drafts_by_message ON drafts (message_id, id);
CREATE INDEX measurements_by_model ON measurements (model, kind, id DESC);
CREATE INDEX folders_by_parent ON folders (parent_id, position);
CREATE INDEX trash_by_conversation ON trash (conversation_id);
CREATE INDEX trash_by_time ON trash (trashed_at);
CREATE INDEX conversations_listed ON conversations (pinned DESC, updated_at DESC, id DESC)
        WHERE trashed_at IS NULL AND archived = 0;
CREATE INDEX conversations_in_folder ON conversations (folder_id, pinned DESC, updated_at DESC, id DESC)
        WHERE trashed_at IS NULL AND archived = 0;
CREATE INDEX conversations_archived ON conversations (pinned DESC, updated_at DESC, id DESC)
        WHERE trashed_at IS NULL AND archived = 1;
CREATE INDEX conversations_trashed ON conversations (trashed_at DESC, id DESC) WHERE trashed_at IS NOT NULL;
CREATE INDEX conversations_by_folder ON conversations (folder_id) WHERE folder_id IS NOT NULL;
CREATE UNIQUE INDEX conversations_by_origin ON conversations (origin) WHERE origin IS NOT NULL;
CREATE INDEX messages_trashed ON messages (trash_id) WHERE trash_id IS NOT NULL;
CREATE VIEW searchable_messages AS
        SELECT id, search_words(CAST(text AS BLOB)) AS text FROM messages WHERE state != 'streaming';
CREATE VIEW searchable_titles AS SELECT id, search_words(CAST(title AS BLOB)) AS title FROM conversations;
CREATE VIRTUAL TABLE message_index USING fts5 (
        text, content = 'searchable_messages', content_rowid = 'id', detail = none, columnsize = 0, prefix = '1 2 4',
        tokenize = "unicode61 remove_diacritics 2 categories 'L* N* M* Co'"
    );
CREATE VIRTUAL TABLE title_index USING fts5 (
        title, content = 'searchable_titles', content_rowid = 'id', detail = none, columnsize = 0, prefix = '1 2 4',
        tokenize = "unicode61 remove_diacritics 2 categories 'L* N* M* Co'"
    );
INSERT INTO message_index (message_index) VALUES ('rebuild');
INSERT INTO title_index (title_index) VALUES ('rebuild');
CREATE TRIGGER message_indexed AFTER INSERT ON messages WHEN new.state != 'streaming'
    BEGIN
        INSERT INTO message_index (rowid, text) VALUES (new.id, search_words(CAST(new.text AS BLOB)));
    END;
CREATE TRIGGER message_reindexed AFTER UPDATE OF text, state ON messages
        WHEN old.text != new.text OR (old.state = 'streaming') != (new.state = 'streaming')
    BEGIN
        INSERT INTO message_index (message_index, rowid, text)
            SELECT 'delete', old.id, search_words(CAST(old.text AS BLOB)) WHERE old.state != 'streaming';
        INSERT INTO message_index (rowid, text)
            SELECT new.id, search_words(CAST(new.text AS BLOB)) WHERE new.state != 'streaming';
    END;
CREATE TRIGGER message_unindexed AFTER DELETE ON messages WHEN old.state != 'streaming'
    BEGIN
        INSERT INTO message_index (message_index, rowid, text)
            VALUES ('delete', old.id, search_words(CAST(old.text AS BLOB)));
    END;
CREATE TRIGGER title_indexed AFTER INSERT ON conversations
    BEGIN
        INSERT INTO title_index (rowid, title) VALUES (new.id, search_words(CAST(new.title AS BLOB)));
    END;
CREATE TRIGGER title_reindexed AFTER UPDATE OF title ON conversations WHEN old.title != new.title
    BEGIN
        INSERT INTO title_index (title_index, rowid, title)
            VALUES ('delete', old.id, search_words(CAST(old.title AS BLOB)));
        INSERT INTO title_index (rowid, title) VALUES (new.id, search_words(CAST(new.title AS BLOB)));
    END;
CREATE TRIGGER title_unindexed AFTER DELETE ON conversations
    BEGIN
        INSERT INTO title_index (title_index, rowid, title)
            VALUES ('delete', old.id, search_words(CAST(old.title AS BLOB)));
    END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('conversations',2);
INSERT INTO "sqlite_sequence" VALUES('messages',7);
INSERT INTO "sqlite_sequence" VALUES('models',1);
INSERT INTO "sqlite_sequence" VALUES('downloads',1);
INSERT INTO "sqlite_sequence" VALUES('measurements',1);
INSERT INTO "sqlite_sequence" VALUES('folders',2);
INSERT INTO "sqlite_sequence" VALUES('trash',1);
COMMIT;
PRAGMA application_id = 1348563564;
PRAGMA user_version = 7;
