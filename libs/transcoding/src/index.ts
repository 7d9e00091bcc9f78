export type { HttpExchange, HttpObservation, HttpObserver, HttpOutcome } from './observer';
export { type Problem, problemType, toProblem, toProblemHeaders } from './problem';
export type { Route } from './route';
export { type Transcoder, type TranscodingOptions, createTranscoder } from './transcoder';
