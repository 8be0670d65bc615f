/**
 * What most of the page needs. Every module that is loaded by itself imports this one, so that the
 * bundler puts all of it into one file instead of one for each pair of users.
 *
 * @module
 */

import "preact";
import "@preact/signals";
import "./app_model.ts";
import "./client.ts";
import "./style.ts";
import "./models/actions.ts";
import "./models/call.ts";
import "./models/live.ts";
import "./models/route.ts";
import "./models/session.ts";
import "./models/theme.ts";
import "./models/typed_ahead.ts";
import "./models/format.ts";
import "./models/resource.ts";
import "./models/span.ts";
import "./components/call_cells.tsx";
import "./components/call_time.tsx";
import "./components/lazy.tsx";
import "./components/outcome.tsx";
import "./components/panel.tsx";
import "./components/shell.tsx";
import "./components/span_picker.tsx";
import "./components/spark.tsx";
import "./components/state.tsx";
