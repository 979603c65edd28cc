alter table ingestion.file_load rename column gone_at to missing_since;
