// The desk page: all its parts. htmx and its ws extension are classic scripts that come before; all
// of these have registered what they listen to when the page begins and the socket is opened.
import "./link.js";
import "./live.js";
import "./panes.js";
import "./list.js";
import "./waits.js";
import "./thread.js";
import "./older.js";
import "./reading.js";
import "./composer.js";
import "./card.js";
import "./info.js";
import "./dialogs.js";
import "./focus.js";
import "./shortcuts.js";
