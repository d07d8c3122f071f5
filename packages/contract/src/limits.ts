/** Bounds of the wire, in bytes unless the name says otherwise. */

/** The largest HTTP body. */
export const MAX_BODY_BYTES = 4 * 1024 ** 2;
/** The largest frame an instance may send. */
export const MAX_FRAME_BYTES = 1024 ** 2;
/** The largest driver result, as JSON. */
export const MAX_RESULT_BYTES = 256 * 1024;
/** The longest message of one log line; longer ones are split and marked. */
export const MAX_MESSAGE_BYTES = 256 * 1024;
/** Labels of one log line. */
export const MAX_LABELS = 64;
/** What the labels of one log line may take as JSON, so that a line always fits a frame. */
export const MAX_LABELS_BYTES = 64 * 1024;
/** The longest name of a label, in characters. */
export const MAX_LABEL_NAME = 253;
/** The deepest nesting of a JSON body, in levels. */
export const MAX_JSON_DEPTH = 128;
/** Step runs that one instance may work on at once. */
export const MAX_CONCURRENCY = 1_000;
export const DEFAULT_CONCURRENCY = 10;
/** Entries of a list page. */
export const MAX_LIMIT = 1_000;
export const DEFAULT_LIMIT = 100;
export const DEFAULT_PORT = 8080;
export const DEFAULT_SERVER = `http://127.0.0.1:${DEFAULT_PORT}`;
