//! `guassp plan`: what a sync of a project would change now.

use super::ask::{Output, Services};
use crate::{exit::Failed, settings::Settings};

pub(super) async fn run(settings: &Settings, project: &str, output: Output) -> Result<(), Failed> {
    let preview = Services::reach(settings).await?.preview(project).await?;
    output.print(&preview)
}
