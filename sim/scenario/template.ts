/** A first scenario to change. It does not show every field: scenarios/README.md does. */

/** Commented YAML that parses; `schema` is where an editor finds the JSON Schema. */
export function scenarioTemplate(schema = './schema.json'): string {
  return `# yaml-language-server: $schema=${schema}
# Durations "40ms" "2s", rates "2000/s", sizes "256B" "6MiB", percentages "80%".
version: 1
name: my-flight
about: A small fleet at moderate load that loses a runner for a second.
seed: 1                # the same seed gives the same flight, to the last event
calls: 5000

arrivals:
  kind: poisson        # or constant
  load: 60%            # of the fleet's mean capacity; or an absolute rate: 500/s

functions:
  hello:
    service: { kind: exponential, mean: 40ms }   # or constant, uniform, lognormal; or just 40ms
    timeout: 30s
    idempotent: false  # true: may be tried again when a runner breaks before it answers

fleet:
  - name: r            # runners r1 to r10
    count: 10
    slots: 4           # calls at once
    queue: 0           # places behind the slots; 0: a full runner NACKs at once

network:
  roundTrip: 1ms

placement:
  placer: naive
  retry: on            # off: the first NACK is final
  budget: 15s          # how long a call looks for a runner

# What goes wrong: crash, drain, pause, slow, nack-storm, stream-reset, half-open, response-lost.
faults:
  - { kind: crash, at: 2s, for: 1s, runner: r7 }
  - { kind: slow, at: 4s, for: 2s, runner: [r1, r2], factor: 5 }

# What must hold; the exit code is 2 when it does not.
slo:
  - { metric: okRatio, min: 99% }
  - { metric: latencyMs.p99, max: 500ms }
`;
}
