create table access.api_key (
    id bigint generated always as identity primary key,
    name text not null,
    secret_hash bytea not null,
    scopes text[] not null,
    origins text[] not null default '{}',
    created_at timestamptz not null default now(),
    created_by text not null,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);
comment on table access.api_key is 'Keys of programs. A key itself is not kept: only the SHA-256 of its secret, which has 256 bits of chance.';
comment on column access.api_key.origins is 'Of a publishable key: origins whose pages may send it. Empty: a secret key.';
comment on column access.api_key.last_used_at is 'To some minutes: it is not written with each call.';

create table access.person (
    id bigint generated always as identity primary key,
    name text not null,
    role text not null check (role in ('viewer', 'operator', 'admin')),
    password_hash text not null,
    stamp uuid not null default gen_random_uuid(),
    created_at timestamptz not null default now(),
    created_by text not null
);
create unique index person_name on access.person (lower(name));
comment on table access.person is 'People who sign in with a password, besides the administrator of the settings.';
comment on column access.person.stamp is 'Changes with the password and the role: sessions with another one have ended.';

create table access.data_protection_key (
    id bigint generated always as identity primary key,
    name text not null,
    xml text not null,
    created_at timestamptz not null default now()
);
comment on table access.data_protection_key is 'With these ASP.NET Core protects sessions and forms: all hosts share them, and they outlive a restart.';

create table access.audit (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    kind text not null,
    caller text not null,
    address text not null,
    call text not null,
    path text not null,
    status integer,
    trace_id text not null
);
create index audit_at on access.audit (at);
comment on table access.audit is 'Each change that a person or a program asked for. It is written before the change is made.';
comment on column access.audit.status is 'What the call was answered; null when its host ended before that.';
