BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE audit (
	id INTEGER NOT NULL, 
	at VARCHAR(32) NOT NULL, 
	person TEXT NOT NULL, 
	action VARCHAR(64) NOT NULL, 
	subject TEXT NOT NULL, 
	previous VARCHAR(64) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_audit PRIMARY KEY (id), 
	CONSTRAINT uq_audit_hash UNIQUE (hash)
);
INSERT INTO "audit" VALUES(1,'2026-11-27T12:00:00Z','Ann','event','{"dated":"2026-11-01","kind":"tube","note":"because","phantom":null,"reason":"because","scanner":"ct1"}','0000000000000000000000000000000000000000000000000000000000000000','c6b7effa1a34b31a3ef63d65297103b062d268cf591688593d6957211898f0c8');
INSERT INTO "audit" VALUES(2,'2026-11-27T12:00:00Z','Ann','approve baseline','{"baseline":1,"content":{"approved_at":"2026-11-27T12:00:00Z","approved_by":"Ann","conditions":{"kv":120},"key":"noise.sd","method":"made@1","n":1,"reason":"because","scope":{"scanner":"ct1"},"spread":0.1,"unit":"HU","value":5},"key":"noise.sd","phantom":"water","protocol":"morning","reason":"because","scanner":"ct1","since":"2026-11-02T07:00:00","supersedes":[]}','c6b7effa1a34b31a3ef63d65297103b062d268cf591688593d6957211898f0c8','d1f630aa2f436fe6fbdd48e5d2e043745540c238fc15e8a063d804e935382b20');
CREATE TABLE baseline (
	id INTEGER NOT NULL, 
	key_id INTEGER NOT NULL, 
	scanner_id INTEGER, 
	protocol_id INTEGER, 
	phantom_id INTEGER, 
	content TEXT NOT NULL, 
	approved_at VARCHAR(32) NOT NULL, 
	since VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_baseline PRIMARY KEY (id), 
	CONSTRAINT fk_baseline_key_id FOREIGN KEY(key_id) REFERENCES word (id), 
	CONSTRAINT fk_baseline_phantom_id FOREIGN KEY(phantom_id) REFERENCES word (id), 
	CONSTRAINT fk_baseline_protocol_id FOREIGN KEY(protocol_id) REFERENCES word (id), 
	CONSTRAINT fk_baseline_scanner_id FOREIGN KEY(scanner_id) REFERENCES word (id)
);
INSERT INTO "baseline" VALUES(1,7,1,2,3,'{"key":"noise.sd","method":"made@1","unit":"HU","value":5,"n":1,"spread":0.1,"scope":{"scanner":"ct1"},"conditions":{"kv":120},"approved_by":"Ann","approved_at":"2026-11-27T12:00:00Z","reason":"because"}','2026-11-27T12:00:00Z','2026-11-02T07:00:00');
CREATE TABLE baseline_end (
	baseline_id INTEGER NOT NULL, 
	ended_at VARCHAR(32) NOT NULL, 
	dated VARCHAR(32) NOT NULL, 
	ended_by TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	CONSTRAINT pk_baseline_end PRIMARY KEY (baseline_id), 
	CONSTRAINT fk_baseline_end_baseline_id FOREIGN KEY(baseline_id) REFERENCES baseline (id)
);
CREATE TABLE baseline_scan (
	baseline_id INTEGER NOT NULL, 
	record_id INTEGER NOT NULL, 
	CONSTRAINT pk_baseline_scan PRIMARY KEY (baseline_id, record_id), 
	CONSTRAINT fk_baseline_scan_baseline_id FOREIGN KEY(baseline_id) REFERENCES baseline (id), 
	CONSTRAINT fk_baseline_scan_record_id FOREIGN KEY(record_id) REFERENCES record (id)
)
 WITHOUT ROWID

;
INSERT INTO "baseline_scan" VALUES(1,1);
CREATE TABLE curve (
	record_id INTEGER NOT NULL, 
	key_id INTEGER NOT NULL, 
	x_unit_id INTEGER NOT NULL, 
	unit_id INTEGER NOT NULL, 
	method_id INTEGER NOT NULL, 
	points BLOB NOT NULL, 
	CONSTRAINT pk_curve PRIMARY KEY (record_id, key_id), 
	CONSTRAINT fk_curve_key_id FOREIGN KEY(key_id) REFERENCES word (id), 
	CONSTRAINT fk_curve_method_id FOREIGN KEY(method_id) REFERENCES word (id), 
	CONSTRAINT fk_curve_record_id FOREIGN KEY(record_id) REFERENCES record (id), 
	CONSTRAINT fk_curve_unit_id FOREIGN KEY(unit_id) REFERENCES word (id), 
	CONSTRAINT fk_curve_x_unit_id FOREIGN KEY(x_unit_id) REFERENCES word (id)
)
 WITHOUT ROWID

;
CREATE TABLE event (
	id INTEGER NOT NULL, 
	dated VARCHAR(32) NOT NULL, 
	entered_at VARCHAR(32) NOT NULL, 
	kind TEXT NOT NULL, 
	scanner_id INTEGER, 
	phantom_id INTEGER, 
	note TEXT NOT NULL, 
	entered_by TEXT NOT NULL, 
	CONSTRAINT pk_event PRIMARY KEY (id), 
	CONSTRAINT ck_event_scanner_or_phantom CHECK ((scanner_id IS NULL) <> (phantom_id IS NULL)), 
	CONSTRAINT fk_event_phantom_id FOREIGN KEY(phantom_id) REFERENCES word (id), 
	CONSTRAINT fk_event_scanner_id FOREIGN KEY(scanner_id) REFERENCES word (id)
);
INSERT INTO "event" VALUES(1,'2026-11-01','2026-11-27T12:00:00Z','tube',1,NULL,'because','Ann');
CREATE TABLE judgement (
	id INTEGER NOT NULL, 
	record_id INTEGER NOT NULL, 
	judged_at VARCHAR(32) NOT NULL, 
	iqa_version_id INTEGER NOT NULL, 
	rule VARCHAR(16) NOT NULL, 
	outcome VARCHAR(32) NOT NULL, 
	signals_id INTEGER NOT NULL, 
	CONSTRAINT pk_judgement PRIMARY KEY (id), 
	CONSTRAINT fk_judgement_iqa_version_id FOREIGN KEY(iqa_version_id) REFERENCES word (id), 
	CONSTRAINT fk_judgement_record_id FOREIGN KEY(record_id) REFERENCES record (id), 
	CONSTRAINT fk_judgement_signals_id FOREIGN KEY(signals_id) REFERENCES word (id)
);
INSERT INTO "judgement" VALUES(1,1,'2026-11-27T12:00:00Z',4,'simple','not judged',11);
CREATE TABLE "limit" (
	id INTEGER NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	content TEXT NOT NULL, 
	seen_at VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_limit PRIMARY KEY (id), 
	CONSTRAINT uq_limit_digest UNIQUE (digest)
);
CREATE TABLE measured_key (
	key_id INTEGER NOT NULL, 
	CONSTRAINT pk_measured_key PRIMARY KEY (key_id), 
	CONSTRAINT fk_measured_key_key_id FOREIGN KEY(key_id) REFERENCES word (id)
);
INSERT INTO "measured_key" VALUES(7);
CREATE TABLE measurement (
	key_id INTEGER NOT NULL, 
	record_id INTEGER NOT NULL, 
	value FLOAT NOT NULL, 
	u FLOAT, 
	n INTEGER NOT NULL, 
	unit_id INTEGER NOT NULL, 
	place_id INTEGER NOT NULL, 
	method_id INTEGER NOT NULL, 
	flags_id INTEGER NOT NULL, 
	CONSTRAINT pk_measurement PRIMARY KEY (key_id, record_id), 
	CONSTRAINT fk_measurement_flags_id FOREIGN KEY(flags_id) REFERENCES word (id), 
	CONSTRAINT fk_measurement_key_id FOREIGN KEY(key_id) REFERENCES word (id), 
	CONSTRAINT fk_measurement_method_id FOREIGN KEY(method_id) REFERENCES word (id), 
	CONSTRAINT fk_measurement_place_id FOREIGN KEY(place_id) REFERENCES word (id), 
	CONSTRAINT fk_measurement_record_id FOREIGN KEY(record_id) REFERENCES record (id), 
	CONSTRAINT fk_measurement_unit_id FOREIGN KEY(unit_id) REFERENCES word (id)
)
 WITHOUT ROWID

;
INSERT INTO "measurement" VALUES(7,1,5.0,0.1,1,8,9,10,11);
CREATE TABLE occasion (
	id INTEGER NOT NULL, 
	dated VARCHAR(32) NOT NULL, 
	added_at VARCHAR(32) NOT NULL, 
	series_uid TEXT, 
	study_uid TEXT, 
	sop_digest BLOB, 
	pixel_sha256 VARCHAR(64), 
	site TEXT, 
	acquired VARCHAR(32), 
	acquisition TEXT NOT NULL, 
	scan TEXT NOT NULL, 
	scanner_id INTEGER, 
	protocol_id INTEGER, 
	phantom_id INTEGER, 
	record_id INTEGER, 
	entered_by TEXT, 
	CONSTRAINT pk_occasion PRIMARY KEY (id), 
	CONSTRAINT ck_occasion_scan_or_entry CHECK ((pixel_sha256 IS NULL) = (entered_by IS NOT NULL)), 
	CONSTRAINT fk_occasion_phantom_id FOREIGN KEY(phantom_id) REFERENCES word (id), 
	CONSTRAINT fk_occasion_protocol_id FOREIGN KEY(protocol_id) REFERENCES word (id), 
	CONSTRAINT fk_occasion_scanner_id FOREIGN KEY(scanner_id) REFERENCES word (id), 
	CONSTRAINT uq_occasion_pixel_sha256 UNIQUE (pixel_sha256)
);
INSERT INTO "occasion" VALUES(1,'2026-11-02T07:00:00','2026-11-27T12:00:00Z','1.2.a','1.2',X'9D20527162E11D14FFE3712E','ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb',NULL,'2026-11-02T07:00:00','{"manufacturer":"Maker","model":"Model","kv":120.0,"kernel":"B30f"}','{"slices":3,"matrix":[64,64],"spacing_mm":[2.0,1.0,1.0],"flags":["slices_missing"]}',1,2,3,1,NULL);
CREATE TABLE record (
	id INTEGER NOT NULL, 
	occasion_id INTEGER NOT NULL, 
	made_at VARCHAR(32) NOT NULL, 
	iqa_version_id INTEGER NOT NULL, 
	model_id INTEGER, 
	definition_id INTEGER, 
	about TEXT NOT NULL, 
	CONSTRAINT pk_record PRIMARY KEY (id), 
	CONSTRAINT fk_record_definition_id FOREIGN KEY(definition_id) REFERENCES word (id), 
	CONSTRAINT fk_record_iqa_version_id FOREIGN KEY(iqa_version_id) REFERENCES word (id), 
	CONSTRAINT fk_record_model_id FOREIGN KEY(model_id) REFERENCES word (id), 
	CONSTRAINT fk_record_occasion_id FOREIGN KEY(occasion_id) REFERENCES occasion (id)
);
INSERT INTO "record" VALUES(1,1,'2026-11-27T12:00:00Z',4,5,6,'{"phantom":{"name":"made","variant":null,"score":9.1,"pose":{"x_mm":32.0,"y_mm":32.0,"z_mm":0.0,"roll_deg":-2.5,"pitch_deg":0.0,"yaw_deg":0.0,"mirrored":false,"reversed":false,"scale":1.0}},"origin_mm":[0.0,0.0,0.0],"modules":[{"name":"M1","slices":[0,2],"z_mm":0.0}],"not_measured":[],"repeats_sha256":[]}');
CREATE TABLE verdict (
	judgement_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	key_id INTEGER NOT NULL, 
	outcome VARCHAR(32) NOT NULL, 
	limit_id INTEGER, 
	baseline_id INTEGER, 
	reason TEXT NOT NULL, 
	flags_id INTEGER NOT NULL, 
	CONSTRAINT pk_verdict PRIMARY KEY (judgement_id, number), 
	CONSTRAINT fk_verdict_baseline_id FOREIGN KEY(baseline_id) REFERENCES baseline (id), 
	CONSTRAINT fk_verdict_flags_id FOREIGN KEY(flags_id) REFERENCES word (id), 
	CONSTRAINT fk_verdict_judgement_id FOREIGN KEY(judgement_id) REFERENCES judgement (id), 
	CONSTRAINT fk_verdict_key_id FOREIGN KEY(key_id) REFERENCES word (id), 
	CONSTRAINT fk_verdict_limit_id FOREIGN KEY(limit_id) REFERENCES "limit" (id)
)
 WITHOUT ROWID

;
CREATE TABLE word (
	id INTEGER NOT NULL, 
	content TEXT NOT NULL, 
	CONSTRAINT pk_word PRIMARY KEY (id), 
	CONSTRAINT uq_word_content UNIQUE (content)
);
INSERT INTO "word" VALUES(1,'ct1');
INSERT INTO "word" VALUES(2,'morning');
INSERT INTO "word" VALUES(3,'water');
INSERT INTO "word" VALUES(4,'0.1.0');
INSERT INTO "word" VALUES(5,'made');
INSERT INTO "word" VALUES(6,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa');
INSERT INTO "word" VALUES(7,'noise.sd');
INSERT INTO "word" VALUES(8,'HU');
INSERT INTO "word" VALUES(9,'M1 slices 0-2');
INSERT INTO "word" VALUES(10,'made@1');
INSERT INTO "word" VALUES(11,'');
CREATE INDEX ix_baseline_scanner_id_key_id ON baseline (scanner_id, key_id);
CREATE INDEX ix_occasion_scanner_id_dated ON occasion (scanner_id, dated);
CREATE INDEX ix_occasion_series_uid ON occasion (series_uid);
CREATE INDEX ix_record_occasion_id ON record (occasion_id);
CREATE INDEX ix_judgement_record_id ON judgement (record_id);
COMMIT;
