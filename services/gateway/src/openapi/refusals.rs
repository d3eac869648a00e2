//! The refusals that follow from a rule, so that no handler has to repeat them: every refusal is problem JSON, every
//! path is guarded, and a path that asks for a caller may not get one.

use serde_json::{Map, Value, json};

/// What the guard in front of every path may answer.
const GUARDED: [(&str, &str); 5] = [
    ("400", "The request, its path or its body cannot be read"),
    ("408", "The body did not arrive in time"),
    ("413", "The body is larger than 64 KiB"),
    ("429", "Too many requests; Retry-After says when to come back"),
    ("503", "Not now; Retry-After says when to come back"),
];
/// Paths that are not counted against anybody.
const UNCOUNTED: [&str; 2] = ["/health", "/openapi.json"];

/// Completes the responses of every operation.
pub(super) fn add(document: &mut Value) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (path, operations) in paths.into_iter().flatten() {
        for operation in operations.as_object_mut().into_iter().flatten().map(|(_, operation)| operation) {
            complete(path, operation);
        }
    }
}

fn complete(path: &str, operation: &mut Value) {
    let (caller, operator) = (asks_for_caller(operation), asks_for_operator(operation));
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (status, about) in GUARDED {
        if status != "429" || !UNCOUNTED.contains(&path) {
            describe(responses, status, about);
        }
    }
    if caller {
        describe(responses, "401", "Nobody vouches for the caller");
    }
    if operator {
        describe(responses, "403", "The person is no operator");
    }
    for (status, response) in responses.iter_mut().filter(|(status, _)| status.as_str() >= "400") {
        if let Some((name, schema)) = header(status) {
            response["headers"] = json!({ name: { "required": true, "schema": schema } });
        }
        response["content"] = json!({
            "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } },
            "text/plain": { "schema": { "type": "string" } },
        });
    }
}

/// The header that goes with a refusal.
fn header(status: &str) -> Option<(&'static str, Value)> {
    match status {
        "401" => Some(("WWW-Authenticate", json!({ "type": "string", "const": "Bearer" }))),
        "429" | "503" => Some(("Retry-After", json!({ "type": "integer", "minimum": 1 }))),
        _ => None,
    }
}

fn describe(responses: &mut Map<String, Value>, status: &str, about: &str) {
    responses.entry(status).or_insert_with(|| json!({ "description": about }));
}

fn asks_for_caller(operation: &Value) -> bool {
    operation.get("security").and_then(Value::as_array).is_some_and(|ways| !ways.is_empty())
}

fn asks_for_operator(operation: &Value) -> bool {
    let ways = operation.get("security").and_then(Value::as_array).into_iter().flatten();
    ways.filter_map(|way| way.get("person")?.as_array()).any(|roles| !roles.is_empty())
}
