//! What appliers do that only a model can show: it is put into states that a real server does not come to by order.

mod busy;
mod guarded;
mod mapped;
mod unknown;
mod waits;

use e2e::{Project, Scene};
use proto::{Event, Outcome, Verdict};

/// The ends of the project's tasks, oldest first, with their causes.
async fn ends(scene: &Scene, project: &Project) -> Vec<(&'static str, Outcome)> {
    let end = |event| match event {
        Event::TaskEnded(end) => Some((end.cause.kind(), end.outcome)),
        _ => None,
    };
    scene.events(project).await.into_iter().filter_map(end).collect()
}

/// How many tasks of this cause and verdict have ended.
async fn count(scene: &Scene, project: &Project, cause: &str, verdict: Verdict) -> usize {
    let ends = ends(scene, project).await;
    ends.iter().filter(|(kind, outcome)| *kind == cause && outcome.verdict == verdict).count()
}
