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
    let whole = async || {
        let spans = receiver.of(&trace);
        let named = |name: &str| spans.iter().filter(|(_, span)| span.name == name).count();
        let ended = named("POST /task") == 1 && named("process guassp.plans") == 1;
        ended.then_some(spans)
    };
    let spans = wait::until("the spans of all three stages", whole).await;

    let names: BTreeSet<&str> = spans.iter().map(|(_, span)| span.name.as_str()).collect();
    for name in [
        "POST /task",
        "GET /api/v4/job",
        "send guassp.tasks",
        "process guassp.tasks",
        "GET /api/v4/projects/:id/members/all",
        "send guassp.plans",
        "process guassp.plans",
    ] {
        assert!(names.contains(name), "{name} is missing in {names:?}");
    }
    let services: BTreeSet<&str> = spans.iter().map(|(service, _)| service.as_str()).collect();
    assert_eq!(services.len(), 3, "{services:?}");
    let granted = spans.iter().filter(|(_, span)| span.name == "POST /api/permissions/add_user").count();
    assert_eq!(granted, writes, "each write is a span of the trace");
    every_span_has_its_parent_in_the_trace(&spans);
    drop(running);
}

fn every_span_has_its_parent_in_the_trace(spans: &[(String, Span)]) {
    let ids: BTreeSet<&[u8]> = spans.iter().map(|(_, span)| span.span_id.as_slice()).collect();
    let orphans: Vec<&str> = spans
        .iter()
        .filter(|(_, span)| !span.parent_span_id.is_empty() && !ids.contains(span.parent_span_id.as_slice()))
        .map(|(_, span)| span.name.as_str())
        .collect();
    assert!(orphans.is_empty(), "{orphans:?}");
    let roots = spans.iter().filter(|(_, span)| span.parent_span_id.is_empty()).count();
    assert_eq!(roots, 1, "one root: the POST");
}
