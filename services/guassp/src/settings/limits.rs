//! Section `gateway.limits`: what must not be nothing. A limit of zero would refuse everybody.

use std::time::Duration;

use gateway::guard::Limits;

pub(super) fn counts(limits: &Limits) -> [(&'static str, u64); 9] {
    [
        ("gateway.limits.connections", limits.connections as u64),
        ("gateway.limits.active", limits.active as u64),
        ("gateway.limits.active_per_address", limits.active_per_address as u64),
        ("gateway.limits.concurrency", limits.concurrency as u64),
        ("gateway.limits.watchers", limits.watchers as u64),
        ("gateway.limits.caller_per_second", limits.caller_per_second.into()),
        ("gateway.limits.caller_burst", limits.caller_burst.into()),
        ("gateway.limits.project_per_minute", limits.project_per_minute.into()),
        ("gateway.limits.project_burst", limits.project_burst.into()),
    ]
}

pub(super) const fn times(limits: &Limits) -> [(&'static str, Duration); 4] {
    [
        ("gateway.limits.header_timeout", limits.header_timeout),
        ("gateway.limits.body_timeout", limits.body_timeout),
        ("gateway.limits.answer_timeout", limits.answer_timeout),
        ("gateway.limits.request_timeout", limits.request_timeout),
    ]
}
