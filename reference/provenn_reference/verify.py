"""Section 11: the messages in their order; the whole verifier."""
from .channel import Channel, Rejected
from .circuit import check_circuit, with_batch
from .contractions import verify_contractions
from .formats import read_key, read_proof
from .key_check import key_passes
from .lookups import verify_lookups
from .opening import verify_opening
from .plan import Refused, make_plan
from .statement import (Demands, absorb_statement, check_demanded, check_values, is_input, is_output,
                        public_arrays)
from .weights_link import verify_weights_link

ACCEPT = "ACCEPT"


def verdict(key_bytes, proof_bytes, demands=None):
    """ACCEPT, or the reason of a rejection. Raises Unreadable."""
    key = read_key(key_bytes)
    if not key_passes(key):
        return "key-check"
    proof = read_proof(proof_bytes)
    try:
        check_statement(key, proof, demands or Demands())
        verify(key, proof)
    except Rejected as rejected:
        return str(rejected)
    return ACCEPT


def check_statement(key, proof, demands):
    """What comes before the plan, in this order."""
    if proof.model_id != key.model_id or demands.model_id not in (None, key.model_id):
        raise Rejected("model-id")
    if demands.profile is not None and proof.profile < demands.profile:
        raise Rejected("parameters")
    check_batch(key.circuit, proof.batch)
    check_values(key.circuit, proof)
    if demands.context not in (None, proof.context):
        raise Rejected("context")
    check_demanded(key.circuit, key.inputs, proof, demands.inputs, is_input, "input-mismatch")
    check_demanded(key.circuit, key.outputs, proof, demands.outputs, is_output, "output-mismatch")


def check_batch(circuit, batch):
    if batch > 1 and check_circuit(with_batch(circuit, batch)) is not None:
        raise Rejected("parameters")


def verify(key, proof, make_channel=Channel):
    hidden = [proof.public.get(number, 0) is None for number in range(len(key.circuit.tensors))]
    try:
        plan = make_plan(proof.profile, key.circuit, key.weights, proof.batch, hidden)
    except Refused:
        raise Rejected("parameters") from None
    public = public_arrays(plan, proof)
    channel = make_channel(plan, proof.messages)
    absorb_statement(channel.transcript, plan, proof, key.model_id)
    roots = {"terminal": channel.digest("terminal root"), "activations": channel.digest("activations root")}
    claims = []
    leaves, contraction_sum = verify_lookups(channel, public, claims)
    end_point, weight_claims = [], []
    if plan.terms:
        end_point, weight_claims = verify_contractions(channel, public, leaves, contraction_sum, claims)
    if plan.has_weights:
        roots.update(verify_weights_link(channel, end_point, weight_claims, claims))
    verify_opening(channel, roots, claims)
    return channel
