//! One trace from the POST to each write in SonarQube, seen by a real OTLP receiver, over three processes.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Bytes, extract::State, routing::post};
use e2e::{Scene, Target, binary::Process, wait};
use opentelemetry_proto::tonic::{collector::trace::v1::ExportTraceServiceRequest, trace::v1::Span};
use prost::Message;

/// A span as it arrived: the service that sent it, and the span.
type Received = Arc<Mutex<Vec<(String, Span)>>>;

/// A receiver of OTLP over HTTP.
struct Receiver {
    url: String,
    received: Received,
}

impl Receiver {
    async fn start() -> Self {
        let received = Received::default();
        let router = Router::new().route("/v1/traces", post(receive)).with_state(received.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await.expect("served") });
        Self { url, received }
    }

    /// The spans of a trace.
    fn of(&self, trace: &str) -> Vec<(String, Span)> {
        let all = self.received.lock().expect("no panic");
        all.iter().filter(|(_, span)| hex(&span.trace_id) == trace).cloned().collect()
    }
}

async fn receive(State(received): State<Received>, body: Bytes) {
    let request = ExportTraceServiceRequest::decode(body).expect("OTLP");
    for resource in request.resource_spans {
        let attributes = resource.resource.map(|resource| resource.attributes).unwrap_or_default();
        let name = attributes.into_iter().find(|attribute| attribute.key == "service.name");
        let service = format!("{:?}", name.and_then(|name| name.value));
        let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
        received.lock().expect("no panic").extend(spans.map(|span| (service.clone(), span)));
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_three_stages_of_a_task_share_one_trace() {
    let receiver = Receiver::start().await;
    let mut scene = Scene::start(&Target::Model).await;
    // The services of the scene make room for three processes of their own.
    assert!(scene.stack.stop().await);
    let environment = scene
        .environment(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.url), ("OTEL_BSP_SCHEDULE_DELAY", "100")]);
    let running: Vec<Process> =
        ["gateway", "resolver", "applier"].map(|role| Process::start(&[role], &environment)).into();
    scene.turn_to(&environment).await;

    let project = scene.project("traced").await;
    scene.admin.set_visibility(&project.key, "private").await;
    let (owner, developer) = (scene.person("owner").await, scene.person("developer").await);
    scene.join(&project, &owner, 50);
    scene.join(&project, &developer, 30);
    let task = scene.sync(&project).await;
    let writes = task.writes();
    assert_eq!(writes, 11);

    let trace = task.trace_id.expect("a trace");
    // Three processes export on their own; the trace is whole when every stage and every write is there.
    let whole = async || Some(receiver.of(&trace)).filter(|spans| missing(spans, writes).is_empty());
    let spans = wait::until("the spans of all three stages", whole).await;
    let services: BTreeSet<&str> = spans.iter().map(|(service, _)| service.as_str()).collect();
    assert_eq!(services.len(), 3, "{services:?}");
    drop(running);
}

/// What a task's trace consists of, and how often.
fn missing(spans: &[(String, Span)], writes: usize) -> Vec<&'static str> {
    let parts = [
        ("POST /task", 1),
        ("GET /api/v4/job", 1),
        ("send guassp.tasks", 1),
        ("process guassp.tasks", 1),
        ("GET /api/v4/projects/:id/members/all", 1),
        ("send guassp.plans", 1),
        ("process guassp.plans", 1),
        ("POST /api/permissions/add_user", writes),
    ];
    let count = |name: &str| spans.iter().filter(|(_, span)| span.name == name).count();
    let missing = parts.into_iter().filter(|(name, wanted)| count(name) != *wanted).map(|(name, _)| name);
    missing.chain(strays(spans)).collect()
}

/// One span has no parent, the POST; every other one's parent is in the trace.
fn strays(spans: &[(String, Span)]) -> Option<&'static str> {
    let ids: BTreeSet<&[u8]> = spans.iter().map(|(_, span)| span.span_id.as_slice()).collect();
    let lost = |span: &Span| !span.parent_span_id.is_empty() && !ids.contains(span.parent_span_id.as_slice());
    let roots = spans.iter().filter(|(_, span)| span.parent_span_id.is_empty()).count();
    (roots != 1 || spans.iter().any(|(_, span)| lost(span))).then_some("the parent of a span")
}
