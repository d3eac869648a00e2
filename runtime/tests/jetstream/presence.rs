//! Which processes run.

use std::{collections::BTreeMap, time::Duration};

use runtime::live::{announce, running};

use crate::stage::{Stage, at_once};

/// Asks until it is so.
async fn until(stage: &Stage, wanted: &[(&str, usize)]) {
    let wanted: BTreeMap<String, usize> =
        wanted.iter().map(|(role, count)| ((*role).to_owned(), *count)).collect();
    let asked = async { while running(&stage.context().client()).await.unwrap() != wanted {} };
    at_once("those who run", asked).await;
}

#[tokio::test]
async fn each_process_is_told_by_its_role_also_while_it_stops() {
    let stage = Stage::start().await;
    until(&stage, &[]).await;
    for role in ["gateway", "applier", "applier"] {
        let runtime = stage.another().await;
        runtime.lifecycle.spawn(announce(role.to_owned(), runtime.clone()));
    }
    let one_more = stage.another().await;
    one_more.lifecycle.spawn(announce("gateway".to_owned(), one_more.clone()));
    until(&stage, &[("applier", 2), ("gateway", 2)]).await;
    assert!(one_more.lifecycle.end(Duration::from_secs(20)).await);
    // What it has in hand may not be finished: only the end of the process ends it.
    until(&stage, &[("applier", 2), ("gateway", 2)]).await;
}
