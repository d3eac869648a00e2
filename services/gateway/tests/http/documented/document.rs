//! The description, and what it says about an answer.

use std::{collections::BTreeSet, fmt};

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::{raw::RawAnswer, stage::Stage};

/// The description as a gateway serves it.
pub(super) struct Document(pub(super) Value);

/// One answer of one operation, in one form.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Said {
    path: String,
    method: String,
    status: String,
    /// Empty where there is no body.
    content: String,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    /// Nothing where it was not read.
    body: Option<Value>,
}

impl Document {
    pub(super) async fn read(stage: &Stage) -> Self {
        Self(stage.get("/openapi.json").await.body)
    }

    /// Every answer that is documented.
    pub(super) fn answers(&self) -> BTreeSet<Said> {
        let mut answers = BTreeSet::new();
        for (path, operations) in self.0["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                for (status, response) in operation["responses"].as_object().unwrap() {
                    for content in contents(response) {
                        let method = method.to_uppercase();
                        answers.insert(Said { path: path.clone(), method, status: status.clone(), content });
                    }
                }
            }
        }
        answers
    }

    /// Checks that the answer is as documented.
    #[track_caller]
    pub(super) fn judge(&self, method: &str, path: &str, heard: &Heard) -> Said {
        let (status, content) = (heard.status.to_string(), heard.content());
        let said = Said { path: path.to_owned(), method: method.to_owned(), status, content };
        let response = &self.0["paths"][path][method.to_lowercase()]["responses"][&said.status];
        assert!(contents(response).contains(&said.content), "not documented: {said}");
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            assert!(heard.header(name).is_some(), "{said} without {name}");
            let value = heard.header(name).unwrap();
            let value = value.parse::<u64>().map_or_else(|_| Value::from(value), Value::from);
            self.is_valid(&header["schema"], &value, &said);
        }
        if let Some(body) = &heard.body {
            self.is_valid(&response["content"][&said.content]["schema"], body, &said);
        }
        said
    }

    /// Checks a value against a schema, which may refer to others of the document.
    #[track_caller]
    pub(super) fn is_valid(&self, schema: &Value, value: &Value, what: &dyn fmt::Display) {
        let schema = json!({ "allOf": [schema], "components": self.0["components"] });
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        let errors: Vec<String> = validator.iter_errors(value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{what}: {errors:?} in {value}");
    }
}

/// The forms that a response has; one without a name where it has no body.
fn contents(response: &Value) -> Vec<String> {
    match response["content"].as_object() {
        Some(contents) => contents.keys().cloned().collect(),
        None if response.is_object() => vec![String::new()],
        None => Vec::new(),
    }
}

impl Heard {
    /// Sends the request. The body is read, unless it has no end.
    pub(super) async fn of(request: RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        let headers = answer.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        let mut heard = Self { status: answer.status().as_u16(), headers: headers.collect(), body: None };
        heard.body = match heard.content().as_str() {
            "" | "text/event-stream" => None,
            "text/plain" => Some(Value::from(answer.text().await.unwrap())),
            _ => Some(answer.json().await.unwrap()),
        };
        heard
    }

    pub(super) fn header(&self, wanted: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.as_str())
    }

    fn content(&self) -> String {
        let content = self.header("content-type").unwrap_or_default();
        content.split(';').next().unwrap_or_default().to_owned()
    }
}

impl From<RawAnswer> for Heard {
    fn from(RawAnswer { status, headers, body }: RawAnswer) -> Self {
        Self {
            status,
            headers: headers.into_iter().collect(),
            body: Some(body).filter(|body| !body.is_null()),
        }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, method, status, content } = self;
        write!(f, "{method} {path} {status} {content}")
    }
}
