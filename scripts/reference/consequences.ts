// Consequences: what follows from each error and reason; the reference refuses to be generated while one is missing.

/** By error, then by reason; "" for an error without reasons. The first word says what the product does. */
export const consequences: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ApiError: { "": "stop: the api does not start" },
  CollectorError: { "": "stop: the collector does not start" },
  CommandFailure: { "": "stop: the command prints the message and ends with the exit code" },
  ComponentConfigError: { "": "stop: the pipeline file is refused, with the line and column of the key" },
  ConfigError: {
    "": "stop: the process does not start; every problem is listed with its place or variable, and its key"
  },
  ConsumerError: {
    "no-stream": "restart: the pipeline restarts with back-off until the streams are set up",
    incompatible: "restart: the pipeline restarts with back-off until somebody mends the durable consumer",
    ahead: "restart: the pipeline stays down, with back-off, rather than take new messages for stored ones",
    contended: "restart: the pipeline restarts with back-off; one of the two processes has to be stopped",
    superseded: "stand by: the pipeline ends, and waits until it is the owner of its partition again",
    replaced: "restart: the pipeline begins again, and numbers what the stream has now as a generation of its own",
    unavailable:
      "retry: a running consumer tries again until the broker answers; at the start the pipeline restarts with back-off"
  },
  CredentialsError: { "": "stop: nothing starts, or the command ends, until somebody mends the folder of credentials" },
  CursorError: { "": "refuse: the request is answered with the code BAD_CURSOR" },
  FrontError: {
    "port-taken": "stop: the store front is not started again, free the port or choose another",
    "data-in-use": "stop: the store front is not started again, end the other process",
    invalid: "stop: the store front is not started again, mend its options",
    start: "retry: the store front is started again with back-off"
  },
  HopError: {
    superseded: "restart: the hop ends and its pipeline restarts, as its owner or standing by",
    "too-large": "restart: the pipeline restarts with back-off; its batch is neither skipped nor lost",
    "no-stream": "restart: the pipeline restarts with back-off until the streams are set up",
    unavailable: "restart: the pipeline restarts with back-off until the broker answers"
  },
  Later: { "": "retry: `tailrace send` offers the chunk again after a while" },
  MailboxClosed: { "": "end: the actor finishes, which is how draining ends" },
  MigrationError: { "": "stop: the processor does not start on tables it does not know" },
  NatsError: {
    unreachable: "stop: only where the first connection is not waited for; otherwise it is tried again without end",
    refused: "stop: the process does not start, mend the credentials"
  },
  OwnershipError: {
    superseded: "stand by: the pipeline ends, and waits until it is the owner of its partition again",
    "no-stream": "restart: the pipeline restarts with back-off until the streams are set up",
    unavailable: "retry: the broker is asked again until it answers; an owner stays one meanwhile"
  },
  PipelineError: { "": "stop: the processor does not start; every problem is listed with its place" },
  PositionError: {
    "no-stream": "restart: passed on as the hop's error of the same reason",
    unavailable: "restart: passed on as the hop's error of the same reason"
  },
  PublishError: {
    full: "hold: a hop holds its batch; a collector's frames go to its spool, and once that is full HTTP senders get 429 with Retry-After, other sources are held up",
    "no-stream":
      "hold: a collector's frames go to its spool (without one HTTP senders get 503 with Retry-After); a hop fails with the same reason",
    "wrong-last-sequence": "restart: a hop that finds another writer on its output gives up its life",
    "too-large": "refuse: HTTP senders get 413; a hop fails with the same reason",
    unavailable:
      "retry: under the same message id; then a collector's frames go to its spool (without one HTTP senders get 503 with Retry-After) and hops hold their batch"
  },
  RawStreamError: {
    replaced: "restart: the pipeline stays down, with back-off, rather than take new messages for stored ones",
    "between-stages": "restart: the pipeline stays down, with back-off, until it is started with placement staged",
    unavailable: "restart: the pipeline restarts with back-off until the broker answers"
  },
  SinkError: {
    retry: "retry: the same bytes again, with growing pauses",
    hold: "hold: the breaker of the output opens and its batch is kept until somebody has mended what it writes to",
    "dead-letter": "dead letter: the records that are refused by themselves, and everything else is written",
    reject: "hold: the breaker of the output opens, for its records are acknowledged and somebody has to look"
  },
  SnapshotError: {
    conflict: "restart: somebody else wrote the snapshot, the pipeline restarts from what is stored, or stands by",
    corrupt: "continue: windows and detectors start anew, with a warning",
    unavailable: "retry: saving is repeated until the broker answers; at the start the pipeline restarts with back-off"
  },
  StageError: {
    failed: "dead letter: the pipeline restarts, finds the records its stage fails over, sets them aside and goes on",
    keys: "restart: at once, and the keys of stored records are read again"
  },
  StatusServerError: { "": "stop: the processor does not start" },
  StoreError: {
    retry: "retry: the same bytes under the same token; the api answers STORE_UNAVAILABLE, TIMEOUT or LIMIT",
    hold: "hold: the sink's breaker opens, the batch is kept and repeated until the store takes it; back-pressure reaches the sources",
    "dead-letter":
      "dead letter: the records that the store refuses are found and set aside, the others are stored; other writes are held, and a read is refused",
    reject:
      "hold: a write is kept and repeated, because its records were acknowledged, until a person looks; a read is refused"
  },
  SurveyError: { "": "none: `tailrace doctor` reports it as a finding and goes on" },
  StoredMessageError: { "": "retry: a dead letter waits for its original bytes until the broker answers" },
  StreamsSetupError: {
    incompatible: "stop: the process does not start; the stream keeps its settings",
    "no-space": "stop: the process does not start; give the broker room or the stream a smaller size",
    unavailable: "stop: the process does not start"
  },
  TestRunnerError: { "": "stop: the command ends with exit code 1" },
  TrimError: { "": "retry: streams are looked at again two seconds later" }
}
