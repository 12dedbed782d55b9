// The page of the numbers: its dialogs and notices, and how long the QR is still good for.
import "./countdown.js";
import "./dialogs.js";
import "./toasts.js";
