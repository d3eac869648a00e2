//! The published description is true: each answer in it can be had, and is as it says; and there is no other.
//!
//! A recipe provokes one answer of one operation. The answers of all recipes are compared with the description, in
//! both directions.

mod answers;
mod document;
mod operations;
mod refusals;

use std::collections::BTreeSet;

use serde_json::Value;

use self::{
    document::{Document, Said},
    operations::{JSON, OPERATIONS, TEXT},
};
use crate::stage::Stage;

#[tokio::test]
async fn every_documented_answer_can_be_had_and_there_is_no_other() {
    let document = Document::read(&Stage::start().await).await;
    let mut said = BTreeSet::new();
    for form in [JSON, TEXT] {
        said.extend(refusals::provoke(&document, form).await);
        said.extend(answers::provoke(&document, form).await);
    }
    let documented = document.answers();
    let difference = |these: &BTreeSet<Said>, others: &BTreeSet<Said>| -> Vec<String> {
        these.difference(others).map(ToString::to_string).collect()
    };
    assert_eq!(difference(&documented, &said), [""; 0], "documented, and no recipe provokes it");
    assert_eq!(difference(&said, &documented), [""; 0], "a recipe provokes it, and it is not documented");
}

#[tokio::test]
async fn the_description_says_what_each_thing_is_for() {
    let document = Document::read(&Stage::start().await).await.0;
    let has_text = |value: &Value, name: &str| value[name].as_str().is_some_and(|text| !text.is_empty());
    let mut ids = BTreeSet::new();
    for (method, path, _) in OPERATIONS {
        let operation = &document["paths"][path][method.to_lowercase()];
        assert!(has_text(operation, "summary"), "{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{method} {path}");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(has_text(parameter, "description"), "{method} {path}: {parameter}");
        }
        let tags = document["tags"].as_array().unwrap();
        let tag = tags.iter().find(|tag| tag["name"] == operation["tags"][0]);
        assert!(tag.is_some_and(|tag| has_text(tag, "description")), "{method} {path}");
    }
    assert_eq!(document["servers"][0]["url"], "/");
    assert!(!document.to_string().contains("[`"), "links into the code lead nowhere");
}

#[tokio::test]
async fn every_example_is_one() {
    let document = Document::read(&Stage::start().await).await;
    let schemas = document.0["components"]["schemas"].as_object().unwrap();
    let with_examples = schemas.iter().filter(|(_, schema)| schema["examples"].is_array());
    let mut names = BTreeSet::new();
    for (name, schema) in with_examples {
        names.insert(name.as_str());
        for example in schema["examples"].as_array().unwrap() {
            document.is_valid(schema, example, name);
        }
    }
    assert!(names.is_superset(&BTreeSet::from(["Task", "Tasks", "Problem"])), "{names:?}");
}
