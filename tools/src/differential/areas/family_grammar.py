"""What the two areas of families draw: a model, its configuration, how its folder is written, and rows for it.

Plain Python: both the TensorFlow and the PyTorch area draw from it, each with the settings that its classes compute.
"""
import random

ENCODERS = ("bert", "roberta", "xlm-roberta", "camembert", "distilbert", "electra", "albert", "mpnet", "modernbert", "deberta", "deberta-v2")
FAMILY = {"xlm-roberta": "roberta", "camembert": "roberta", "mt5": "t5", "mistral": "llama", "qwen2": "llama", "mbart": "bart"}
DECODERS = ("gpt2", "llama", "gpt_neox")
ROTARY = ("llama", "modernbert", "gpt_neox")
DISENTANGLED = ("deberta", "deberta-v2")
TASKS = {
    "encoder": (("classes", 5), ("regression", 1), ("labels", 1), ("tokens", 3), ("masked", 3), ("answers", 1)),
    "gpt2": (("causal", 4), ("classes", 3), ("regression", 1), ("tokens", 2)),
    "llama": (("causal", 4), ("classes", 3), ("regression", 1), ("labels", 1)),
    "gpt_neox": (("causal", 4), ("classes", 3), ("regression", 1), ("tokens", 2)),
    "t5": (("seq2seq", 1),),
    "bart": (("seq2seq", 4), ("classes", 3), ("answers", 2), ("regression", 1), ("labels", 1)),
}
ACTIVATION_KEY = {"modernbert": "hidden_activation", "distilbert": "activation", "gpt2": "activation_function", "bart": "activation_function",
                  "mbart": "activation_function"}
SMALL_MASS = 0.06


def family(model_type):
    return FAMILY.get(model_type, model_type)


def kind(model_type):
    return "encoder" if model_type in ENCODERS else family(model_type)


def weighted(rng, pairs):
    return rng.choices([value for value, _ in pairs], [weight for _, weight in pairs])[0]


def sizes(rng, model_type):
    """Sizes under the names that the family uses."""
    heads = rng.choice((1, 2, 2, 3, 4))
    hidden = heads * rng.choice((4, 6, 8))
    layers = rng.choice((1, 2, 2, 3))
    inner = rng.choice((8, 12, 20, 32))
    vocabulary = rng.randint(24, 48)
    positions = rng.choice((16, 24, 40))
    if family(model_type) == "gpt2":
        drawn = dict(vocab_size=vocabulary, n_embd=hidden, n_layer=layers, n_head=heads, n_positions=positions,
                     bos_token_id=1, eos_token_id=2)
        if rng.random() < 0.5:
            drawn["n_inner"] = inner
    elif family(model_type) == "llama":
        shared = rng.choice([count for count in range(1, heads + 1) if heads % count == 0])
        drawn = dict(vocab_size=vocabulary, hidden_size=hidden, intermediate_size=inner, num_hidden_layers=layers,
                     num_attention_heads=heads, num_key_value_heads=shared, max_position_embeddings=positions, bos_token_id=1, eos_token_id=2)
        if rng.random() < 0.3:
            drawn["head_dim"] = rng.choice((2, 4, 10))
        if rng.random() < 0.6:
            drawn["rope_parameters"] = rope(rng, drawn)
        if model_type == "mistral":
            drawn["sliding_window"] = rng.choice((None, 1, 2, 3, 5, 20))
        if model_type == "qwen2" and rng.random() < 0.6:
            drawn.update(use_sliding_window=rng.random() < 0.8, sliding_window=rng.choice((None, 1, 2, 4, 20)), max_window_layers=rng.choice((0, 1, 2, 5)))
    elif model_type == "gpt_neox":
        share = rng.choice((0.25, 0.25, 0.5, 1.0))
        size = rng.choice([size for size in (4, 6, 8, 16) if int(size * share) in (2, 4, 6, 8)])
        drawn = dict(vocab_size=vocabulary, hidden_size=heads * size, intermediate_size=inner, num_hidden_layers=layers,
                     num_attention_heads=heads, max_position_embeddings=positions, bos_token_id=1, eos_token_id=2)
        drawn["rope_parameters"] = dict(rope(rng, drawn, int(size * share)), partial_rotary_factor=share)
    elif family(model_type) == "t5":
        drawn = dict(vocab_size=vocabulary, d_model=hidden, d_kv=rng.choice((3, 4, 8)), d_ff=inner, num_layers=layers,
                     num_heads=heads, decoder_start_token_id=0)
        if rng.random() < 0.4:
            drawn["num_decoder_layers"] = rng.choice((1, 2, 3))
        if rng.random() < 0.4:
            drawn["relative_attention_num_buckets"] = rng.choice((4, 6, 7, 8, 16, 32))
            near = drawn["relative_attention_num_buckets"] // 2
            drawn["relative_attention_max_distance"] = rng.choice((near + 1, 20, 64, 128, 200))
    elif model_type == "modernbert":
        drawn = dict(vocab_size=vocabulary, hidden_size=hidden, intermediate_size=inner, num_hidden_layers=rng.choice((1, 2, 3, 4)),
                     num_attention_heads=heads, max_position_embeddings=positions, local_attention=rng.choice((0, 1, 2, 3, 4, 5, 8, 128)),
                     pad_token_id=rng.choice((0, 0, 3, None)), bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2)
        if rng.random() < 0.4:
            drawn["layer_types"] = [rng.choice(("full_attention", "sliding_attention")) for _ in range(drawn["num_hidden_layers"])]
        elif rng.random() < 0.4:
            drawn["global_attn_every_n_layers"] = rng.choice((1, 2, 3, 5))
        if rng.random() < 0.6:
            drawn["rope_parameters"] = {kind: layer_rope(rng, drawn) for kind in ("full_attention", "sliding_attention")}
    elif model_type in DISENTANGLED:
        drawn = disentangled(rng, model_type, dict(vocab_size=vocabulary, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads,
                                                   intermediate_size=inner, max_position_embeddings=positions))
    elif family(model_type) == "bart":
        drawn = dict(vocab_size=vocabulary, d_model=hidden, encoder_layers=layers, encoder_attention_heads=heads, encoder_ffn_dim=inner,
                     decoder_layers=rng.choice((1, 2, layers)), decoder_ffn_dim=rng.choice((8, 14, inner)),
                     decoder_attention_heads=rng.choice([count for count in range(1, hidden + 1) if hidden % count == 0]),
                     max_position_embeddings=rng.choice((12, 24, 40)))
    elif model_type == "distilbert":
        drawn = dict(vocab_size=vocabulary, dim=hidden, n_layers=layers, n_heads=heads, hidden_dim=inner,
                     max_position_embeddings=positions)
    else:
        drawn = dict(vocab_size=vocabulary, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads,
                     intermediate_size=inner, max_position_embeddings=positions)
        if model_type != "mpnet":
            drawn["type_vocab_size"] = rng.choice((1, 2, 2, 3))
        if model_type in ("electra", "albert"):
            drawn["embedding_size"] = rng.choice((hidden, 6, 12, 20))
        if model_type == "albert" and rng.random() < 0.5:
            drawn["num_hidden_layers"] = rng.choice((2, 3, 4, 5))
            drawn["num_hidden_groups"] = rng.randint(1, drawn["num_hidden_layers"])
            drawn["inner_group_num"] = rng.choice((1, 1, 2))
    return drawn


def rope(rng, drawn, rotated=None):
    """Rotary positions; those that depend on the length of a batch are made for short texts."""
    found = dict(rope_theta=rng.choice((20.0, 10000.0, 500000.0, 1000000)), rope_type=rng.choice(("default", "linear", "dynamic", "llama3", "yarn", "yarn")))
    kind = found["rope_type"]
    size = rotated or drawn.get("head_dim") or drawn["hidden_size"] // drawn["num_attention_heads"]
    if kind == "dynamic" and size == 2:
        found["rope_type"] = kind = "linear"
    if kind != "default":
        found["factor"] = rng.choice((1.0, 1.5, 2.0, 8, 32.0))
    if kind == "dynamic" and rng.random() < 0.7:
        drawn["max_position_embeddings"] = rng.choice((3, 4, 6))
    if kind in ("llama3", "yarn"):
        found["original_max_position_embeddings"] = rng.choice((4, 8, 12, 2048))
    if kind == "llama3":
        slow = rng.choice((0.25, 1.0, 2))
        found.update(low_freq_factor=slow, high_freq_factor=slow * rng.choice((2, 4.0)))
    if kind == "yarn":
        for key, values in (("beta_fast", (32, 2.0)), ("beta_slow", (1, 0.5)), ("attention_factor", (1.0, 0.7)), ("truncate", (False, True)),
                            ("mscale", (1.0, 0.7)), ("mscale_all_dim", (1.0, 0.5))):
            if rng.random() < 0.4:
                found[key] = rng.choice(values)
    return found


def disentangled(rng, model_type, drawn):
    """Attention of DeBERTa: distances up to what texts have, or beyond; with or without buckets, embeddings of positions and types."""
    drawn.update(type_vocab_size=rng.choice((0, 0, 1, 2, 3)), relative_attention=rng.random() < 0.9,
                 pos_att_type=rng.choice((["p2c", "c2p"], ["p2c", "c2p"], "p2c|c2p", "C2P | p2c", ["c2p"], ["p2c"], "c2p", [], None, ["c2p", "p2p"])),
                 max_relative_positions=rng.choice((-1, -1, 0, 3, 5, 8, 40)), position_biased_input=rng.random() < 0.5)
    if rng.random() < 0.3:
        drawn["embedding_size"] = rng.choice((4, 6, drawn["hidden_size"]))
    if model_type == "deberta":
        return drawn
    farthest = drawn["max_relative_positions"] if drawn["max_relative_positions"] > 0 else drawn["max_position_embeddings"]
    drawn["position_buckets"] = rng.choice([-1] + [count for count in (0, 2, 3, 4, 5, 8, 16) if farthest - 1 > count // 2])
    if rng.random() < 0.6:
        drawn.update(share_att_key=rng.random() < 0.7, norm_rel_ebd=rng.choice(("layer_norm", "layer_norm", "none", "None | Layer_Norm")))
    if rng.random() < 0.35:
        drawn["conv_kernel_size"] = rng.choice((0, 1, 3, 3, 5))
        if rng.random() < 0.6:
            drawn.update(conv_act=rng.choice(("gelu", "tanh", "relu")), conv_groups=rng.choice((1, 1, 2)))
    return drawn


def layer_rope(rng, drawn):
    """Rotary positions of one kind of layer: mostly the usual ones. Of YaRN transformers does not read truncate there."""
    if rng.random() < 0.6:
        return dict(rope_type="default", rope_theta=rng.choice((20.0, 10000.0, 160000.0)))
    found = rope(rng, drawn)
    found.pop("truncate", None)
    return found


def settings(model_type, drawn, activations):
    """Keys that change the computation or seem to, with values that are not the default."""
    at = family(model_type)
    common = [("output_hidden_states", (True,)), ("return_dict", (False,)),
              ("chunk_size_feed_forward", (1,)), ("initializer_range", (0.1,)), ("temperature", (0.7,)), ("num_beams", (3,)),
              ("finetuning_task", ("mnli",)), ("prefix", ("a ",)), ("task_specific_params", ({"a": {"prefix": "x"}},))]
    if at == "gpt2":
        return common + [("activation_function", activations), ("activation_function", activations),
                         ("layer_norm_epsilon", (1e-3, 1e-2)), ("scale_attn_weights", (False,)),
                         ("scale_attn_by_inverse_layer_idx", (True,)), ("reorder_and_upcast_attn", (True,)),
                         ("use_cache", (False,)), ("summary_type", ("first", "mean")), ("resid_pdrop", (0.3,)),
                         ("pad_token_id", (0, 3, 5)), ("tie_word_embeddings", (False,))]
    if at == "llama":
        own = [("attention_bias", (True,)), ("mlp_bias", (True,))] * 2 if model_type == "llama" else []
        return common + own + [
            ("hidden_act", activations), ("rms_norm_eps", (1e-5, 1e-2)), ("tie_word_embeddings", (True,)), ("tie_word_embeddings", (True,)),
            ("pad_token_id", (0, 3, 5)), ("attention_dropout", (0.3,)), ("use_cache", (False,)), ("pretraining_tp", (2,)),
            ("num_key_value_heads", (None,))]
    if at == "modernbert":
        biases = [(key, (True,)) for key in ("norm_bias", "attention_bias", "mlp_bias", "classifier_bias")] + [("decoder_bias", (False,))]
        return [pair for pair in common if pair[0] != "return_dict"] + biases * 2 + [
            ("hidden_activation", activations), ("hidden_activation", activations), ("classifier_activation", activations),
            ("classifier_pooling", ("mean",)), ("classifier_pooling", ("mean",)), ("classifier_pooling", ("mean",)), ("norm_eps", (1e-3, 1e-2)),
            ("tie_word_embeddings", (False,)), ("attention_dropout", (0.3,)), ("embedding_dropout", (0.3,)), ("mlp_dropout", (0.3,)),
            ("classifier_dropout", (0.4,)), ("sparse_prediction", (True,)), ("deterministic_flash_attn", (True,)),
            ("initializer_cutoff_factor", (3.0,)), ("is_decoder", (True,)), ("layer_norm_eps", (0.1,)), ("hidden_act", ("relu",)), ("rope_theta", (7.0,))]
    if at in DISENTANGLED:
        common = [pair for pair in common if pair[0] != "return_dict"]
        return common + [("hidden_act", activations), ("pooler_hidden_act", activations), ("legacy", (False,))] * 2 + [
            ("layer_norm_eps", (1e-5, 1e-3)), ("hidden_dropout_prob", (0.3,)), ("pooler_dropout", (0.2,)), ("cls_dropout", (0.4,)), ("tie_word_embeddings", (False,)),
            ("pad_token_id", (3, 5, None)), ("attention_head_size", (drawn["hidden_size"] // drawn["num_attention_heads"],)),
            ("pooler_hidden_size", (drawn["hidden_size"],)), ("is_decoder", (True,)), ("classifier_dropout", (0.3,)), ("position_embedding_type", ("relative_key",))]
    if at == "gpt_neox":
        return common + [("use_parallel_residual", (False,)), ("attention_bias", (False,))] * 3 + [
            ("hidden_act", activations), ("hidden_act", activations), ("layer_norm_eps", (1e-3, 1e-2)), ("tie_word_embeddings", (True,)),
            ("tie_word_embeddings", (True,)), ("pad_token_id", (0, 3, 5)), ("attention_dropout", (0.3,)), ("hidden_dropout", (0.3,)),
            ("classifier_dropout", (0.4,)), ("use_cache", (False,)), ("is_decoder", (True,))]
    if at == "bart":
        return common[:1] + common[4:] + [("scale_embedding", (True,)), ("activation_function", activations), ("activation_function", activations)] * 2 + [
            ("init_std", (0.1,)), ("decoder_start_token_id", (0, 1, 5)), ("pad_token_id", (3,)), ("forced_bos_token_id", (0,)), ("use_cache", (False,)),
            ("dropout", (0.3,)), ("attention_dropout", (0.3,)), ("activation_dropout", (0.3,)), ("classifier_dropout", (0.3,)), ("eos_token_id", (5,))]
    if at == "t5":
        projections = tuple(activations) + tuple("gated-" + name for name in activations)
        return common + [("feed_forward_proj", projections)] * 3 + [
            ("layer_norm_epsilon", (1e-3, 1e-2)), ("tie_word_embeddings", (False,)), ("decoder_start_token_id", (5,)),
            ("pad_token_id", (3,)), ("use_cache", (False,)), ("dropout_rate", (0.3,)), ("initializer_factor", (0.5,))]
    if at == "distilbert":
        return common + [("activation", activations)] * 3 + [
            ("sinusoidal_pos_embds", (True,)), ("dropout", (0.3,)), ("qa_dropout", (0.5,)), ("pad_token_id", (3,)),
            ("tie_word_embeddings", (False,)), ("seq_classif_dropout", (0.4,))]
    return common + [("hidden_act", activations)] * 2 + [
        ("layer_norm_eps", (1e-5, 1e-3)), ("hidden_dropout_prob", (0.3,)), ("is_decoder", (True,)), ("is_decoder", (True,)),
        ("use_cache", (False,)), ("tie_word_embeddings", (False,)), ("pad_token_id", (3, 5)),
        ("summary_type", ("mean",)), ("position_embedding_type", ("relative_key", "relative_key_query"))]


def configuration(rng, model_type, activations, dropped=()):
    """Sizes and, on most, one to three settings that are not the default."""
    drawn = sizes(rng, model_type)
    known = [pair for pair in settings(model_type, drawn, activations) if pair[0] not in dropped]
    for _ in range(weighted(rng, ((0, 2), (1, 4), (2, 3), (3, 1)))):
        key, values = rng.choice(known)
        drawn[key] = rng.choice(values)
    if model_type in DISENTANGLED and drawn.get("legacy") is False:
        drawn.pop("embedding_size", None)  # Python's own head has the width of the model
    return drawn


def rows(rng, drawn, model_type, task):
    """Token ids, and how each row is padded; the same seed makes the same rows."""
    rotary = family(model_type) in ROTARY
    unlimited = model_type in DISENTANGLED and not drawn["position_biased_input"]
    longest = 24 if model_type == "modernbert" or unlimited else 12 if rotary else min(12, drawn.get("max_position_embeddings", drawn.get("n_positions", 40)) - 6)
    # An encoder that answers for an example reads its first token, which PyTorch does not train where it is padding; and
    # what a causal model says of padding before the first token hangs on how its mask is written.
    decoder = family(model_type) in DECODERS
    causal = decoder or drawn.get("is_decoder") and model_type not in ("modernbert", *DISENTANGLED)
    left = decoder and task in ("classes", "regression", "labels") or task in ("tokens", "masked") and not causal
    sides = (("", 3), ("right", 3), ("left", 1 if left else 0))
    return dict(
        lengths=[rng.randint(2, longest) for _ in range(rng.randint(2, 5))],
        padded=weighted(rng, sides),
        labelled=rng.random() < 0.5,
        types=rng.random() < 0.7,
        padding_inside=(family(model_type) == "llama" or model_type in DISENTANGLED) and rng.random() < 0.3,
        seed=rng.randint(0, 10**6))


class Rows:
    """Rows of one case as lists, and the batch that Python computes: padded to one length."""

    def __init__(self, recipe):
        self.recipe = recipe
        self.config = recipe["config"]
        self.rng = random.Random(recipe["rows"]["seed"])
        at = family(recipe["model_type"])
        self.pad = self.config.get("pad_token_id", {"roberta": 1, "mpnet": 1, "gpt2": 0, "bart": 1}.get(at, 0)) or 0
        self.forbidden = {self.pad, 0, 1, 2}
        if recipe["rows"].get("padding_inside") and self.config.get("pad_token_id") is not None:
            self.forbidden -= {self.pad}  # PyTorch's classes do not train its embedding
        self.vocabulary = self.config["vocab_size"]
        lengths = recipe["rows"]["lengths"]
        self.ids = [self.tokens(length) for length in lengths]
        self.width = max(lengths)
        if at == "bart" and recipe["task"] in ("classes", "regression", "labels"):
            self.ends()
        side = recipe["rows"]["padded"]
        count = self.config.get("type_vocab_size", 0) if recipe["model_type"] != "distilbert" else 0
        self.types = None
        if at in ("bert", "electra", "albert", "roberta", *DISENTANGLED) and count > 0:
            several = recipe["rows"]["types"] and count > 1
            self.types = [sorted(self.rng.randrange(count) if several else 0 for _ in range(length)) for length in lengths]
        self.left = side == "left"
        self.written = [self.width if side else length for length in lengths]

    def tokens(self, length):
        return [self.rng.choice([token for token in range(self.vocabulary) if token not in self.forbidden]) for _ in range(length)]

    def padded(self, values, fill, width):
        """One row at a width."""
        rest = [fill] * (width - len(values))
        return rest + values if self.left else values + rest

    def batch(self, values, fill):
        return [self.padded(row, fill, self.width) for row in values]

    def ends(self):
        """Ends each text as BART's tokenizer does, and some within it, of all texts equally many."""
        end = self.config.get("eos_token_id", 2)
        inside = self.rng.random() < 0.5 and min(map(len, self.ids)) > 2
        for row in self.ids:
            row[:] = [token if token != end else (token + 1 if token + 1 < self.vocabulary else token - 1) for token in row]
            row[-1] = end
            if inside:
                row[self.rng.randrange(len(row) - 1)] = end

    def feed(self):
        """What a class of transformers reads, by name, as lists."""
        fed = dict(input_ids=self.batch(self.ids, self.pad), attention_mask=self.batch([[1] * len(row) for row in self.ids], 0))
        if self.types is not None:
            fed["token_type_ids"] = self.batch(self.types, 0)
        return fed

    def written_rows(self):
        """The rows as a .jsonl has them: some padded already, some not."""
        out = []
        for number, row in enumerate(self.ids):
            width = self.written[number]
            line = dict(input_ids=self.padded(row, self.pad, width), attention_mask=self.padded([1] * len(row), 0, width))
            if self.types is not None and self.recipe["rows"]["types"]:
                line["token_type_ids"] = self.padded(self.types[number], 0, width)
            out.append(line)
        return out

    def labels(self, task, classes):
        """(labels of the batch for Python, labels of each line of the .jsonl)."""
        rng = self.rng
        if task == "classes":
            labels = [rng.randrange(classes) for _ in self.ids]
            return labels, [dict(label=label) for label in labels]
        if task == "regression":
            labels = [round(rng.uniform(-2, 2), 3) for _ in self.ids]
            return labels, [dict(label=label) for label in labels]
        if task == "labels":
            sets = [sorted(rng.sample(range(classes), rng.randint(0, classes - 1))) for _ in self.ids]
            hot = [[1.0 if label in chosen else 0.0 for label in range(classes)] for chosen in sets]
            return hot, [dict(labels=chosen) for chosen in sets]
        if task in ("tokens", "masked"):
            limit = classes if task == "tokens" else self.vocabulary
            each = [[rng.randrange(limit) if position == 0 or rng.random() < 0.6 else -100 for position in range(len(row))] for row in self.ids]
            lines = [dict(labels=self.padded(row, -100, self.written[number])) for number, row in enumerate(each)]
            return self.batch(each, -100), lines
        if task == "seq2seq":
            each = [self.tokens(rng.randint(1, 6)) for _ in self.ids]
            width = max(map(len, each))
            return [row + [-100] * (width - len(row)) for row in each], [dict(labels=row) for row in each]
        if task == "causal":
            copies = [dict(labels=self.padded(row, -100, self.written[number])) for number, row in enumerate(self.ids)]
            return self.batch(self.ids, -100), copies if self.recipe["rows"].get("labelled") else [dict() for _ in self.ids]
        raise ValueError(task)


def are_near(some, others, tolerance=5e-5):
    """Whether two runs of steps have the same numbers. Of a model with large gradients they can hang on one bit of a weight."""
    return all(abs(a[key] - b[key]) <= tolerance * abs(a[key]) for a, b in zip(some, others) for key in a)
