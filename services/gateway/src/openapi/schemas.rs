//! The schemas of everything that is asked and answered, by the same derive as those of the messages.

use proto::{
    Decision, FoundProject, ProjectsBelow,
    live::Preview,
    status::{ProjectStatus, ProjectsPage, ServiceStatus},
};
use schemars::{
    JsonSchema, Schema, SchemaGenerator,
    generate::SchemaSettings,
    transform::{RecursiveTransform, Transform},
};
use serde_json::{Map, Value};

use super::examples;
use crate::{
    control::{ControlBody, ReasonBody},
    dead::LettersBody,
    groups::GroupAcceptedBody,
    health::HealthBody,
    holds::DigestBody,
    live::AccessBody,
    problem::ProblemBody,
    restore::{BeforeBody, RestoringBody},
    sonarqube_hook::{AnalysisBody, SeenBody},
    tasks::{AcceptedBody, CanceledBody, TaskBody, TasksBody},
    webhooks::rehearse::{PayloadBody, RehearsalBody},
};

/// A CI job's token in a body, as the older tool took it.
#[derive(JsonSchema)]
#[schemars(rename = "JobToken")]
#[expect(dead_code, reason = "it only describes what `caller` reads")]
struct JobTokenBody {
    /// `$CI_JOB_TOKEN`
    #[schemars(regex(pattern = "^[!-~]+$"))]
    job_token: String,
}

/// Every schema, by its name.
pub(super) fn all() -> Value {
    let mut schemas = answers();
    schemas.extend(requests());
    for (name, example) in examples::all() {
        if let Some(schema) = schemas.get_mut(name) {
            schema["examples"] = Value::Array(vec![example]);
        }
    }
    Value::Object(schemas)
}

fn answers() -> Map<String, Value> {
    let mut generator = settings().for_serialize().into_generator();
    generator.subschema_for::<AcceptedBody>();
    generator.subschema_for::<GroupAcceptedBody>();
    generator.subschema_for::<TaskBody>();
    generator.subschema_for::<TasksBody>();
    generator.subschema_for::<CanceledBody>();
    generator.subschema_for::<ProjectsPage>();
    generator.subschema_for::<ProjectStatus>();
    generator.subschema_for::<FoundProject>();
    generator.subschema_for::<ProjectsBelow>();
    generator.subschema_for::<SeenBody>();
    generator.subschema_for::<AccessBody>();
    generator.subschema_for::<Preview>();
    generator.subschema_for::<ControlBody>();
    generator.subschema_for::<Decision>();
    generator.subschema_for::<RestoringBody>();
    generator.subschema_for::<LettersBody>();
    generator.subschema_for::<RehearsalBody>();
    generator.subschema_for::<HealthBody>();
    generator.subschema_for::<ServiceStatus>();
    generator.subschema_for::<ProblemBody<'_>>();
    definitions(generator)
}

/// What may be left out differs between the two: an answer has every field, a request need not.
fn requests() -> Map<String, Value> {
    let mut generator = settings().for_deserialize().into_generator();
    generator.subschema_for::<ReasonBody>();
    generator.subschema_for::<DigestBody>();
    generator.subschema_for::<BeforeBody>();
    generator.subschema_for::<AnalysisBody>();
    generator.subschema_for::<JobTokenBody>();
    generator.subschema_for::<PayloadBody>();
    definitions(generator)
}

fn settings() -> SchemaSettings {
    let mut settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(Unlinked));
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    settings
}

fn definitions(mut generator: SchemaGenerator) -> Map<String, Value> {
    generator.take_definitions(true)
}

/// Links into the code's own documentation lead nowhere for a reader of this document.
#[derive(Debug, Clone)]
struct Unlinked;

impl Transform for Unlinked {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(Value::String(text)) = schema.get_mut("description") {
            *text = text.replace("[`", "").replace("`]", "");
        }
    }
}
