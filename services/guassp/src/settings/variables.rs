//! The environment's own names: those of the older tool, of NATS, and of the secrets. And the names of settings whose
//! value is a list, or is text whatever it looks like.

use runtime::config::{Variable, Written};

/// Names that stand for a setting.
pub(super) const NAMED: &[Variable] = &[
    text("GITLAB_URL", "gitlab.url"),
    secret("GITLAB_TOKEN", "gitlab.token"),
    list("GITLAB_SKIP_USERS", "gitlab.skip_users"),
    text("SONARQUBE_URL", "sonarqube.url"),
    secret("SONARQUBE_TOKEN", "sonarqube.token"),
    text("SONARQUBE_ALM_KEY", "sonarqube.alm_key"),
    list("SONARQUBE_SKIP_GROUPS", "sonarqube.skip_groups"),
    text("SONARQUBE_KEY_TEMPLATE", "sonarqube.key_template"),
    text("SONARQUBE_USER_MAPPING", "sonarqube.user_mapping"),
    list("GUASSP_ACCESS__SKIP", "access.skip"),
    value("QUEUE_RESULT_TTL", "queue.result_ttl"),
    text("LISTEN_ADDRESS", "gateway.address"),
    value("LISTEN_PORT", "gateway.port"),
    secret("GUASSP_TOKENS", "gateway.tokens"),
    list("GUASSP_GATEWAY__TRUSTED_PROXIES", "gateway.trusted_proxies"),
    list("GUASSP_GATEWAY__ALLOW__VIEWER", "gateway.allow.viewer"),
    list("GUASSP_GATEWAY__ALLOW__OPERATOR", "gateway.allow.operator"),
    text("GUASSP_GATEWAY__ID_TOKENS__AUDIENCE", "gateway.id_tokens.audience"),
    text("GUASSP_GATEWAY__ID_TOKENS__ISSUER", "gateway.id_tokens.issuer"),
    text("GUASSP_ISSUES__PROJECT", "issues.project"),
    secret("GUASSP_ISSUES__TOKEN", "issues.token"),
    list("GUASSP_ISSUES__LABELS", "issues.labels"),
    text("GUASSP_WEBHOOKS__URL", "webhooks.url"),
    secret("GUASSP_WEBHOOKS__SECRET", "webhooks.secret"),
    retired("GUASSP_WEBHOOKS__PREVIOUS_SECRET", "webhooks.previous_secret"),
    secret("GUASSP_WEBHOOKS__SIGNING_KEY", "webhooks.signing_key"),
    retired("GUASSP_WEBHOOKS__PREVIOUS_SIGNING_KEY", "webhooks.previous_signing_key"),
    list("GUASSP_WEBHOOKS__LOOK_AGAIN", "webhooks.look_again"),
    secret("GUASSP_WEBHOOKS__SONARQUBE_SECRET", "webhooks.sonarqube_secret"),
    text("GUASSP_URL", "client.url"),
    secret("GUASSP_TOKEN", "client.token"),
    text("EXPORTER_LISTEN_ADDRESS", "admin.address"),
    value("EXPORTER_LISTEN_PORT", "admin.port"),
    text("LOG_LEVEL", "log.level"),
    text("NATS_URL", "nats.url"),
    text("NATS_CREDS", "nats.creds"),
    secret("NATS_TOKEN", "nats.token"),
    text("NATS_USER", "nats.user"),
    secret("NATS_PASSWORD", "nats.password"),
    text("NATS_CA", "nats.ca_file"),
    text("NATS_SERVER_BIN", "nats.server_bin"),
    text("GUASSP_DATA_DIR", "data_dir"),
    value("GUASSP_STOP_GRACE", "stop_grace"),
];

/// Names of the older tool that have nothing to act on here: people are found by id, there is no session and no Redis.
pub(super) const WITHOUT_EFFECT: &[&str] = &["MORE_ACCURATE_SYNC", "SECRET_KEY", "REDIS_URL"];

/// OpenTelemetry's own names of an endpoint for traces.
pub(super) const TRACE_ENDPOINTS: &[&str] =
    &["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

const fn text(name: &'static str, key: &'static str) -> Variable {
    Variable { name, key, kind: Written::Text }
}

const fn secret(name: &'static str, key: &'static str) -> Variable {
    Variable { name, key, kind: Written::Secret }
}

const fn retired(name: &'static str, key: &'static str) -> Variable {
    Variable { name, key, kind: Written::RetiredSecret }
}

const fn list(name: &'static str, key: &'static str) -> Variable {
    Variable { name, key, kind: Written::List }
}

const fn value(name: &'static str, key: &'static str) -> Variable {
    Variable { name, key, kind: Written::Value }
}
