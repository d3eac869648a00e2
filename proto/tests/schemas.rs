//! The published JSON schemas are those of the types. A difference is written to `schema/`, and fails once.

#![expect(clippy::unwrap_used, reason = "a test stops where the folder cannot be written")]

use std::{fs, path::PathBuf};

use proto::{
    AppliedPlan, Budget, CatalogClaim, CatalogComplete, CatalogEntry, CatalogListing, Control, Decision,
    DirectoryGroup, DirectoryProject, EndsOn, Event, FanOut, GitLabEvent, Hold, HourOfRevokes, LastSweep,
    LastSync, Message, NewestTask, OpenedIssue, Plan, Reconciled, StartedTask, StreamLife, Task, TaskRecord,
    TokenState, Waiting, Written,
    live::{Compare, Compared, Discover, Discovered, Look, Looked, PutBack, PuttingBack},
};
use schemars::{JsonSchema, schema_for};

fn check<T: JsonSchema + Message>() -> bool {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schema");
    let path = folder.join(format!("{}.v{}.json", T::SCHEMA, T::VERSION));
    let wanted = serde_json::to_string_pretty(&schema_for!(T)).unwrap() + "\n";
    let same = fs::read_to_string(&path).is_ok_and(|found| found == wanted);
    if !same {
        fs::create_dir_all(folder).unwrap();
        fs::write(&path, wanted).unwrap();
    }
    same
}

#[test]
fn published_schemas_are_those_of_the_types() {
    let same = [
        check::<Task>(),
        check::<Plan>(),
        check::<Event>(),
        check::<TaskRecord>(),
        check::<NewestTask>(),
        check::<StartedTask>(),
        check::<AppliedPlan>(),
        check::<StreamLife>(),
        check::<Control>(),
        check::<Look>(),
        check::<Looked>(),
        check::<Compare>(),
        check::<Compared>(),
        check::<Discover>(),
        check::<Discovered>(),
        check::<Budget>(),
        check::<EndsOn>(),
        check::<LastSweep>(),
        check::<FanOut>(),
        check::<CatalogEntry>(),
        check::<CatalogComplete>(),
        check::<CatalogListing>(),
        check::<CatalogClaim>(),
        check::<LastSync>(),
        check::<Hold>(),
        check::<Decision>(),
        check::<Waiting>(),
        check::<Written>(),
        check::<HourOfRevokes>(),
        check::<PutBack>(),
        check::<PuttingBack>(),
        check::<GitLabEvent>(),
        check::<DirectoryProject>(),
        check::<DirectoryGroup>(),
        check::<TokenState>(),
        check::<OpenedIssue>(),
        check::<Reconciled>(),
    ];
    assert!(
        same.into_iter().all(|same| same),
        "proto/schema was out of date; it has been written anew: commit it"
    );
}
