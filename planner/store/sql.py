"""Every statement of the store, once: `$1` placeholders and types that DuckDB and PostgreSQL both read."""

from __future__ import annotations

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """create table portfolio (
            id text primary key, name text not null, example boolean not null, tasks integer not null, version integer not null,
            body text not null, created_at timestamp not null, updated_at timestamp not null, updated_by text not null,
            deleted_at timestamp)""",
        """create table portfolio_version (
            portfolio_id text not null, version integer not null, body text not null, command text not null, summary text not null,
            saved_at timestamp not null, saved_by text not null, primary key (portfolio_id, version))""",
    ),
    (
        """create table catalog_snapshot (
            id text primary key, sha256 text not null, origin text not null, title text not null, models integer not null,
            body text not null, kept_at timestamp not null, kept_by text not null)""",
        """create table catalog_acceptance (
            number integer primary key, snapshot_id text not null, accepted_at timestamp not null, accepted_by text not null)""",
    ),
)
"""Forward only: a step once released is never edited; a change is a new step."""

CREATE_SCHEMA_VERSION = "create table if not exists schema_version (version integer primary key, applied_at timestamp not null)"
READ_SCHEMA_VERSION = "select coalesce(max(version), 0) from schema_version"
ADD_SCHEMA_VERSION = "insert into schema_version (version, applied_at) values ($1, $2)"

PING = "select count(*) from schema_version"

INSERT = (
    "insert into portfolio (id, name, example, tasks, version, body, created_at, updated_at, updated_by) "
    "values ($1, $2, $3, $4, 1, $5, $6, $6, $7) on conflict (id) do nothing returning version"
)
UPDATE = (
    "update portfolio set name = $1, example = $2, tasks = $3, version = version + 1, body = $4, updated_at = $5, updated_by = $6 "
    "where id = $7 and version = $8 and deleted_at is null returning version"
)
KEEP_VERSION = (
    "insert into portfolio_version (portfolio_id, version, body, command, summary, saved_at, saved_by) values ($1, $2, $3, $4, $5, $6, $7)"
)
DELETE = "update portfolio set deleted_at = $1, updated_by = $2 where id = $3 and deleted_at is null returning id"

GET = "select version, body, updated_at, updated_by from portfolio where id = $1 and deleted_at is null"
GET_VERSION = (
    "select v.version, v.body, v.saved_at, v.saved_by from portfolio_version v join portfolio p on p.id = v.portfolio_id "
    "where v.portfolio_id = $1 and v.version = $2 and p.deleted_at is null"
)
VERSION_OF = "select version from portfolio where id = $1 and deleted_at is null"
LIST = "select id, name, example, tasks, version, updated_at from portfolio where deleted_at is null order by updated_at desc, id"
HISTORY = "select version, saved_at, saved_by, summary from portfolio_version where portfolio_id = $1 order by version desc limit $2"

KEEP_SNAPSHOT = (
    "insert into catalog_snapshot (id, sha256, origin, title, models, body, kept_at, kept_by) values ($1, $2, $3, $4, $5, $6, $7, $8) "
    "on conflict (id) do nothing"
)
ACCEPT_SNAPSHOT = (
    "insert into catalog_acceptance (number, snapshot_id, accepted_at, accepted_by) "
    "select (select coalesce(max(number), 0) + 1 from catalog_acceptance), s.id, $1, $2 from catalog_snapshot s where s.id = $3 "
    "returning number"
)
SNAPSHOTS = (
    "select s.id, s.sha256, s.origin, s.title, s.models, s.kept_at, s.kept_by, a.accepted_at, a.accepted_by "
    "from catalog_snapshot s left join (select snapshot_id, max(number) as number from catalog_acceptance group by snapshot_id) n "
    "on n.snapshot_id = s.id left join catalog_acceptance a on a.number = n.number "
    "order by coalesce(n.number, 0) desc, s.kept_at desc, s.id"
)
SNAPSHOT_BODY = "select body from catalog_snapshot where id = $1"
CURRENT_SNAPSHOT = "select snapshot_id from catalog_acceptance order by number desc limit 1"
