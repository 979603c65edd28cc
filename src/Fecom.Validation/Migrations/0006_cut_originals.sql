alter table validation.invalid_event
    -- Bytes that the event had and their SHA-256 (lower-case hexadecimal), when more than are kept; null when original is whole.
    add column whole_length integer,
    add column whole_sha256 text;
