/* The C interface from C: accepts, and rejects for each demand alone; what is read back is what was proved. */
#include "api/verify_c.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures = 0;

#define CHECK(condition)                                              \
  do {                                                                \
    if (!(condition)) {                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      ++failures;                                                     \
    }                                                                 \
  } while (0)

#define GOLDEN "src/api/testdata/golden/v2/"
#define CONFORMANCE "conformance/"

typedef struct {
  uint8_t* data;
  size_t size;
} bytes;

static bytes read_file(const char* path) {
  bytes b = {NULL, 0};
  FILE* file = fopen(path, "rb");
  if (file == NULL) {
    fprintf(stderr, "cannot read %s: run the test from the root of the sources\n", path);
    exit(1);
  }
  fseek(file, 0, SEEK_END);
  b.size = (size_t)ftell(file);
  rewind(file);
  b.data = malloc(b.size);
  if (b.data == NULL || fread(b.data, 1, b.size, file) != b.size) exit(1);
  fclose(file);
  return b;
}

static bytes key, proof, hidden_proof, certificate;

static provenn_verification* open_golden(const bytes* of) {
  provenn_verification* v = NULL;
  CHECK(provenn_open(key.data, key.size, of->data, of->size, &v) == PROVENN_OK);
  return v;
}

static int reason_is(const provenn_verification* v, const char* want) {
  const char *code, *sentence, *where;
  if (provenn_reason(v, &code, &sentence, &where) != PROVENN_OK) return 0;
  return strcmp(code, want) == 0 && sentence[0] != '\0' && where[0] != '\0';
}

/* What an accepted proof of the golden model shows. */
typedef struct {
  uint8_t model_id[32];
  char input_name[64], output_name[64];
  float input[16], output[16];
  size_t input_count, output_count;
  int64_t input_shape[4], output_shape[4];
  size_t input_rank, output_rank;
  double step;
} answer;

static void read_side(provenn_verification* v, int side, char* name, float* values, size_t* count, int64_t* shape,
                      size_t* rank) {
  const char* text = NULL;
  const float* have = NULL;
  const int64_t* axes = NULL;
  size_t size = 0, ports = 0, sample_rank = 0;
  int hidden = 1;
  CHECK(provenn_port_count(v, side, &ports) == PROVENN_OK && ports == 1);
  CHECK(provenn_port_name(v, side, 0, &text, &size) == PROVENN_OK && strlen(text) == size && size < 64);
  strcpy(name, text);
  CHECK(provenn_port_shape(v, side, 0, &axes, &sample_rank) == PROVENN_OK && axes[0] == 1);
  CHECK(provenn_tensor_hidden(v, side, 0, &hidden) == PROVENN_OK && hidden == 0);
  CHECK(provenn_tensor_values(v, side, 0, &have, count) == PROVENN_OK && *count <= 16);
  memcpy(values, have, *count * sizeof *values);
  CHECK(provenn_tensor_shape(v, side, 0, &axes, rank) == PROVENN_OK && *rank == sample_rank && *rank <= 4);
  memcpy(shape, axes, *rank * sizeof *shape);
}

static answer accept_without_demands(void) {
  answer a;
  provenn_verification* v = open_golden(&proof);
  CHECK(provenn_check(v, 0) == PROVENN_OK);
  const uint8_t* id = NULL;
  const uint8_t* digest = NULL;
  const char* text = NULL;
  const char* rest = NULL;
  size_t size = 0;
  uint32_t batch = 0;
  int bits = 0, checked = 1;
  double difference = 0;
  CHECK(provenn_model_id(v, &id) == PROVENN_OK);
  memcpy(a.model_id, id, 32);
  CHECK(provenn_batch(v, &batch) == PROVENN_OK && batch >= 1);
  CHECK(provenn_profile_bits(v, &bits) == PROVENN_OK && bits == 100);
  CHECK(provenn_context(v, &text, &size) == PROVENN_OK && size == 6 && strcmp(text, "golden") == 0);
  read_side(v, PROVENN_INPUT, a.input_name, a.input, &a.input_count, a.input_shape, &a.input_rank);
  read_side(v, PROVENN_OUTPUT, a.output_name, a.output, &a.output_count, a.output_shape, &a.output_rank);
  CHECK(provenn_port_step(v, PROVENN_INPUT, 0, &a.step) == PROVENN_OK && a.step > 0);
  CHECK(fmod((double)a.input[0], a.step) == 0);
  CHECK(provenn_tensor_digest(v, PROVENN_INPUT, 0, &digest) == PROVENN_OK && digest != NULL);
  CHECK(provenn_input_difference(v, 0, &difference) == PROVENN_NOT_DEMANDED);
  for (int what = PROVENN_CHECKED_PROOF; what <= PROVENN_CHECKED_TOTALITY; ++what) {
    CHECK(provenn_checked(v, what, 0, &checked) == PROVENN_OK);
    CHECK(checked == (what == PROVENN_CHECKED_PROOF || what == PROVENN_CHECKED_KEY));
  }
  CHECK(provenn_coverage(v, &text, &rest) == PROVENN_OK);
  CHECK(strstr(rest, "model id") != NULL && strstr(rest, "certificate") != NULL && strstr(text, "proof") != NULL);
  CHECK(provenn_reason(v, &text, &rest, NULL) == PROVENN_OK && text[0] == '\0' && rest[0] == '\0');
  provenn_close(v);
  return a;
}

static provenn_status demand_input(provenn_verification* v, const answer* a, const float* values) {
  return provenn_demand_input(v, a->input_name, values, a->input_count, a->input_shape, a->input_rank);
}

static provenn_status demand_output(provenn_verification* v, const answer* a, const float* values) {
  return provenn_demand_output(v, a->output_name, values, a->output_count, a->output_shape, a->output_rank);
}

static void accept_with_every_demand(const answer* a) {
  provenn_verification* v = open_golden(&proof);
  float near[16];
  double difference = 0;
  int checked = 0;
  memcpy(near, a->input, sizeof near);
  near[1] += (float)(a->step / 4);
  CHECK(provenn_demand_profile(v, 100) == PROVENN_OK);
  CHECK(provenn_demand_context(v, "golden", 6) == PROVENN_OK);
  CHECK(demand_input(v, a, near) == PROVENN_OK);
  CHECK(provenn_check(v, PROVENN_STRICT) == PROVENN_BAD_ARGUMENT && reason_is(v, "argument"));
  CHECK(provenn_demand_model_id(v, a->model_id, 32) == PROVENN_OK);
  CHECK(demand_output(v, a, a->output) == PROVENN_OK);
  CHECK(provenn_demand_certificate(v, certificate.data, certificate.size) == PROVENN_OK);
  CHECK(provenn_check(v, PROVENN_STRICT) == PROVENN_OK);
  CHECK(provenn_input_difference(v, 0, &difference) == PROVENN_OK);
  CHECK(fabs(difference - a->step / 4) < a->step / 100);
  for (int what = PROVENN_CHECKED_PROOF; what <= PROVENN_CHECKED_TOTALITY; ++what) {
    CHECK(provenn_checked(v, what, 0, &checked) == PROVENN_OK);
    CHECK(checked == (what != PROVENN_CHECKED_TOTALITY)); /* bounds of this key are tight */
  }
  CHECK(provenn_checked(v, PROVENN_CHECKED_INPUT, 1, &checked) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_checked(v, PROVENN_CHECKED_TOTALITY, 1, &checked) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_checked(v, PROVENN_CHECKED_TOTALITY + 1, 0, &checked) == PROVENN_BAD_ARGUMENT);
  /* It is over: nothing may be added, and nothing is checked again. */
  CHECK(provenn_demand_profile(v, 128) == PROVENN_BAD_ORDER);
  CHECK(demand_input(v, a, near) == PROVENN_BAD_ORDER);
  CHECK(provenn_check(v, 0) == PROVENN_BAD_ORDER);
  provenn_close(v);
}

/* Expects a rejection for that reason, after which no value can be read. */
static void expect_rejected(provenn_verification* v, const char* reason) {
  const float* values = NULL;
  const char* text = NULL;
  const char* rest = NULL;
  size_t count = 0;
  int checked = 0;
  CHECK(provenn_check(v, 0) == PROVENN_REJECTED);
  CHECK(reason_is(v, reason));
  CHECK(provenn_tensor_values(v, PROVENN_OUTPUT, 0, &values, &count) == PROVENN_BAD_ORDER && values == NULL);
  CHECK(provenn_checked(v, PROVENN_CHECKED_PROOF, 0, &checked) == PROVENN_BAD_ORDER);
  CHECK(provenn_coverage(v, &text, &rest) == PROVENN_BAD_ORDER);
  CHECK(provenn_check(v, 0) == PROVENN_BAD_ORDER);
  provenn_close(v);
}

static void reject_for_each_demand_alone(const answer* a) {
  provenn_verification* v = open_golden(&proof);
  uint8_t other_id[32];
  float other[16];
  memcpy(other_id, a->model_id, 32);
  other_id[31] ^= 1;
  CHECK(provenn_demand_model_id(v, other_id, 32) == PROVENN_OK);
  expect_rejected(v, "model-id");

  v = open_golden(&proof);
  CHECK(provenn_demand_context(v, "golden\0", 7) == PROVENN_OK);
  expect_rejected(v, "context");

  v = open_golden(&proof);
  CHECK(provenn_demand_profile(v, 128) == PROVENN_OK);
  expect_rejected(v, "parameters");

  v = open_golden(&proof);
  memcpy(other, a->input, sizeof other);
  other[a->input_count - 1] += (float)a->step;
  CHECK(demand_input(v, a, other) == PROVENN_OK);
  expect_rejected(v, "input-mismatch");

  v = open_golden(&proof);
  memcpy(other, a->output, sizeof other);
  other[0] = nextafterf(other[0], 1000.0f);
  CHECK(demand_output(v, a, other) == PROVENN_OK);
  expect_rejected(v, "output-mismatch");

  bytes damaged = read_file(GOLDEN "model.cert");
  damaged.data[damaged.size / 2] ^= 1;
  v = open_golden(&proof);
  CHECK(provenn_demand_certificate(v, damaged.data, damaged.size) == PROVENN_OK);
  CHECK(provenn_check(v, 0) == PROVENN_REJECTED);
  provenn_close(v);
  free(damaged.data);

  damaged = read_file(GOLDEN "p100.proof");
  damaged.data[damaged.size / 2] ^= 1;
  v = open_golden(&damaged);
  CHECK(provenn_check(v, 0) == PROVENN_REJECTED);
  provenn_close(v);
  free(damaged.data);
}

static void what_is_hidden_is_not_shown_and_matches_nothing(const answer* a) {
  provenn_verification* v = open_golden(&hidden_proof);
  const float* values = NULL;
  const uint8_t* digest = NULL;
  const int64_t* shape = NULL;
  size_t count = 0;
  int hidden = 0;
  CHECK(provenn_check(v, 0) == PROVENN_OK);
  CHECK(provenn_tensor_hidden(v, PROVENN_INPUT, 0, &hidden) == PROVENN_OK && hidden == 1);
  CHECK(provenn_tensor_values(v, PROVENN_INPUT, 0, &values, &count) == PROVENN_HIDDEN);
  CHECK(provenn_tensor_shape(v, PROVENN_INPUT, 0, &shape, &count) == PROVENN_HIDDEN);
  CHECK(provenn_tensor_digest(v, PROVENN_INPUT, 0, &digest) == PROVENN_HIDDEN);
  CHECK(values == NULL && digest == NULL && shape == NULL);
  provenn_close(v);
  v = open_golden(&hidden_proof);
  CHECK(demand_input(v, a, a->input) == PROVENN_OK);
  expect_rejected(v, "input-mismatch");
}

static void demands_that_make_no_sense(const answer* a) {
  provenn_verification* v = open_golden(&proof);
  const int64_t scalar[1] = {1}, huge[3] = {INT64_MAX, INT64_MAX, 4}, negative[2] = {-1, -4}, upright[4] = {4, 1, 2, 1};
  CHECK(provenn_demand_model_id(v, NULL, 32) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_demand_model_id(v, a->model_id, 0) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_demand_model_id(v, a->model_id, 31) == PROVENN_BAD_ARGUMENT && reason_is(v, "argument"));
  CHECK(provenn_demand_context(v, "", 0) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_demand_context(v, NULL, 6) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_demand_profile(v, 80) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_demand_certificate(v, NULL, 5) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_demand_certificate(v, proof.data, proof.size) == PROVENN_UNREADABLE && reason_is(v, "unreadable"));
  CHECK(provenn_demand_input(v, NULL, a->input, a->input_count, a->input_shape, 2) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_demand_input(v, "", a->input, a->input_count, a->input_shape, 2) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_demand_input(v, "nobody", a->input, a->input_count, a->input_shape, 2) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_demand_input(v, a->input_name, NULL, 4, a->input_shape, 2) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_demand_input(v, a->input_name, a->input, 0, a->input_shape, 2) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_demand_input(v, a->input_name, a->input, 4, NULL, 2) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_demand_input(v, a->input_name, a->input, 4, huge, 3) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_demand_input(v, a->input_name, a->input, 4, negative, 2) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_demand_input(v, a->input_name, a->input, 4, upright, 2) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_demand_output(v, a->output_name, a->output, 2, upright + 2, 2) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_check(v, 2) == PROVENN_BAD_ARGUMENT);
  /* An input of no such name cannot be made well. */
  CHECK(provenn_demand_context(v, "golden", 6) == PROVENN_OK);
  CHECK(demand_input(v, a, a->input) == PROVENN_OK);
  CHECK(provenn_check(v, 0) == PROVENN_BAD_ARGUMENT && reason_is(v, "argument"));
  provenn_close(v);

  /* Each of them alone holds up the check until it is made well. */
  for (int demand = 0; demand < 6; ++demand) {
    v = open_golden(&proof);
    for (int well = 0; well < 2; ++well) {
      provenn_status status = PROVENN_OK;
      if (demand == 0) status = provenn_demand_model_id(v, a->model_id, well ? 32 : 64);
      if (demand == 1) status = provenn_demand_context(v, "golden", well ? 6 : 0);
      if (demand == 2) status = provenn_demand_profile(v, well ? 100 : 256);
      if (demand == 3) {
        const bytes certificate = read_file(GOLDEN "model.cert");
        status = provenn_demand_certificate(v, well ? certificate.data : key.data, well ? certificate.size : key.size);
        free(certificate.data);
      }
      if (demand == 4) status = demand_input(v, a, well ? a->input : NULL);
      if (demand == 5) status = demand_output(v, a, well ? a->output : NULL);
      CHECK((status == PROVENN_OK) == (well == 1));
      CHECK(provenn_check(v, 0) == (well ? PROVENN_OK : PROVENN_BAD_ARGUMENT));
    }
    provenn_close(v);
  }

  /* Of two demands of one thing the second may be another: the check does not choose. */
  v = open_golden(&proof);
  CHECK(provenn_demand_context(v, "golden", 6) == PROVENN_OK);
  CHECK(provenn_demand_context(v, "golden", 6) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_check(v, 0) == PROVENN_BAD_ARGUMENT);
  provenn_close(v);

  v = open_golden(&proof);
  CHECK(provenn_demand_input(v, a->input_name, a->input, 1, scalar, 1) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_check(v, 0) == PROVENN_BAD_ARGUMENT && reason_is(v, "argument"));
  provenn_close(v);
}

static void questions_that_make_no_sense(void) {
  provenn_verification* v = open_golden(&proof);
  const float* values = NULL;
  const char* name = NULL;
  const uint8_t* id = NULL;
  size_t n = 0;
  uint32_t batch = 0;
  CHECK(provenn_batch(v, &batch) == PROVENN_BAD_ORDER);
  CHECK(provenn_tensor_values(v, PROVENN_INPUT, 0, &values, &n) == PROVENN_BAD_ORDER);
  CHECK(provenn_port_name(v, PROVENN_INPUT, 1, &name, &n) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_port_name(v, 2, 0, &name, &n) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_port_name(v, PROVENN_INPUT, 0, NULL, &n) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_port_count(v, -1, &n) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_check(v, 0) == PROVENN_OK);
  CHECK(provenn_tensor_values(v, PROVENN_INPUT, 1, &values, &n) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_tensor_values(v, PROVENN_INPUT, (size_t)-1, &values, &n) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_tensor_values(v, PROVENN_INPUT, 0, &values, NULL) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_batch(v, NULL) == PROVENN_BAD_ARGUMENT);
  provenn_close(v);

  CHECK(provenn_check(NULL, 0) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_demand_context(NULL, "a", 1) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_demand_input(NULL, "x", NULL, 0, NULL, 0) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_model_id(NULL, &id) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_batch(NULL, &batch) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_reason(NULL, NULL, NULL, NULL) == PROVENN_BAD_ARGUMENT);
  provenn_close(NULL);
}

static void what_cannot_be_read(void) {
  provenn_verification* v = NULL;
  const uint8_t* id = NULL;
  CHECK(provenn_open(key.data, key.size, proof.data, proof.size, NULL) == PROVENN_BAD_ARGUMENT);
  CHECK(provenn_open(NULL, 0, proof.data, proof.size, &v) == PROVENN_BAD_ARGUMENT && v == NULL);
  CHECK(provenn_open(key.data, key.size, NULL, 5, &v) == PROVENN_BAD_ARGUMENT && v == NULL);
  CHECK(provenn_open(proof.data, proof.size, key.data, key.size, &v) == PROVENN_UNREADABLE);
  CHECK(reason_is(v, "unreadable"));
  CHECK(provenn_model_id(v, &id) == PROVENN_BAD_ORDER && provenn_check(v, 0) == PROVENN_BAD_ORDER);
  provenn_close(v);
  CHECK(provenn_open(key.data, key.size, proof.data, proof.size - 1, &v) == PROVENN_UNREADABLE);
  CHECK(provenn_demand_context(v, "golden", 6) == PROVENN_BAD_ORDER);
  provenn_close(v);

  bytes other = read_file(CONFORMANCE "relu.proof"); /* about another model */
  v = open_golden(&other);
  expect_rejected(v, "model-id");
  free(other.data);
}

/* A key in which one coefficient of a lookup is changed leaves a cell a choice. */
static void a_key_that_leaves_a_choice_is_refused(void) {
  size_t refused = 0;
  for (size_t at = 0; at < key.size; ++at) {
    provenn_verification* v = NULL;
    const uint8_t before = key.data[at];
    key.data[at] = (uint8_t)(before ^ 2);
    const provenn_status status = provenn_open(key.data, key.size, proof.data, proof.size, &v);
    key.data[at] = before;
    if (status == PROVENN_REJECTED) {
      ++refused;
      CHECK(reason_is(v, "key-check"));
      CHECK(provenn_check(v, 0) == PROVENN_BAD_ORDER);
    } else if (status == PROVENN_OK) {
      CHECK(provenn_check(v, 0) == PROVENN_REJECTED);
    } else {
      CHECK(status == PROVENN_UNREADABLE);
    }
    provenn_close(v);
  }
  CHECK(refused > 0);
}

int main(void) {
  CHECK(provenn_c_abi() == PROVENN_C_ABI);
  key = read_file(GOLDEN "model.vk");
  proof = read_file(GOLDEN "p100.proof");
  hidden_proof = read_file(GOLDEN "hidden.proof");
  certificate = read_file(GOLDEN "model.cert");
  const answer a = accept_without_demands();
  accept_with_every_demand(&a);
  reject_for_each_demand_alone(&a);
  what_is_hidden_is_not_shown_and_matches_nothing(&a);
  demands_that_make_no_sense(&a);
  questions_that_make_no_sense();
  what_cannot_be_read();
  a_key_that_leaves_a_choice_is_refused();
  free(key.data);
  free(proof.data);
  free(hidden_proof.data);
  free(certificate.data);
  return failures == 0 ? 0 : 1;
}
