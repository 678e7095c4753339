"""Families by transformers 5 in PyTorch: each key of a configuration, each head, and the habits of folders.

Logits or the loss of the model's own head, three steps of plain gradient descent without dropout, and what comes back: the
Hugging Face folder that Belay exports is read by the same class, without a missing or unexpected weight, and says the same.
"""
import copy
import json
import re

import family_grammar as grammar
from family_grammar import Rows, family, kind, weighted

INTERPRETER = "pytorch"
SHARE = 1.5

ACTIVATIONS = ("gelu", "gelu_10", "gelu_fast", "gelu_new", "gelu_python", "gelu_pytorch_tanh", "gelu_python_tanh",
               "gelu_accurate", "hardswish", "laplace", "leaky_relu", "linear", "mish", "quick_gelu", "relu", "relu2", "relu6",
               "sigmoid", "silu", "sqrtsoftplus", "swish", "tanh")
MODELS = (("bert", 5), ("roberta", 3), ("xlm-roberta", 1), ("camembert", 1), ("distilbert", 3), ("electra", 3), ("albert", 3), ("mpnet", 3), ("modernbert", 5), ("deberta", 2), ("deberta-v2", 5),
          ("gpt2", 5), ("llama", 5), ("mistral", 2), ("qwen2", 3), ("gpt_neox", 3), ("t5", 4), ("mt5", 1), ("bart", 4), ("mbart", 3))
CLASS = {"bert": "Bert", "roberta": "Roberta", "xlm-roberta": "XLMRoberta", "camembert": "Camembert", "distilbert": "DistilBert",
         "electra": "Electra", "albert": "Albert", "mpnet": "MPNet", "modernbert": "ModernBert", "deberta": "Deberta", "deberta-v2": "DebertaV2", "gpt2": "GPT2", "llama": "Llama", "mistral": "Mistral",
         "qwen2": "Qwen2", "gpt_neox": "GPTNeoX", "t5": "T5", "mt5": "MT5", "bart": "Bart", "mbart": "MBart"}
ENDING = {"classes": "ForSequenceClassification", "regression": "ForSequenceClassification", "labels": "ForSequenceClassification",
          "tokens": "ForTokenClassification", "answers": "ForQuestionAnswering", "masked": "ForMaskedLM", "causal": "LMHeadModel", "seq2seq": "ForConditionalGeneration"}


def ending(recipe):
    """The end of the class's name."""
    return "ForCausalLM" if recipe["task"] == "causal" and recipe["model_type"] != "gpt2" else ENDING[recipe["task"]]


RELATIVE = ("bert", "roberta", "electra", "albert")
STEPS, RATE = 3, 0.002


def draw(rng):
    model_type = weighted(rng, MODELS)
    task = weighted(rng, [pair for pair in grammar.TASKS[kind(model_type)] if pair[0] != "answers" or family(model_type) == "bart"])
    dropped = () if family(model_type) in RELATIVE else ("position_embedding_type",)
    config = grammar.configuration(rng, model_type, ACTIVATIONS, dropped)
    if config.get("is_decoder") and family(model_type) == "albert":
        config.pop("is_decoder")
    classes = 1 if task == "regression" else rng.choice((2, 3, 4)) if task != "labels" else rng.choice((3, 4))
    recipe = dict(model_type=model_type, task=task, config=config, classes=classes, weights=rng.randint(0, 10**6))
    recipe["rows"] = grammar.rows(rng, config, model_type, task)
    recipe["folder"] = folder(rng, recipe)
    recipe["wrong"] = wrong(rng, recipe) if rng.random() < grammar.SMALL_MASS else None
    recipe["trains"] = rng.random() < 0.5
    recipe["new_head"] = (recipe["trains"] and task in ("classes", "tokens", "masked", "regression", "answers")
                          and family(model_type) != "t5" and rng.random() < 0.25)
    if recipe["new_head"]:
        recipe["folder"]["outside"] = False
    return recipe


def folder(rng, recipe):
    """How the folder is written."""
    return dict(
        half=weighted(rng, ((None, 8), ("float16", 1), ("bfloat16", 1))),
        shards=rng.random() < 0.1,
        gamma=kind(recipe["model_type"]) == "encoder" and rng.random() < 0.1,
        buffers=rng.random() < 0.15,
        tied_copies=rng.random() < 0.15,
        outside=rng.random() < 0.1,
        old_rope=family(recipe["model_type"]) in grammar.ROTARY and rng.random() < 0.4,
        keys=[key for key in ("gradient_checkpointing", "output_attentions", "directionality", "n_ctx", "output_past", "my_own_key") if rng.random() < 0.06],
        version=weighted(rng, ((None, 4), ("4.26.1", 1), ("4.44.2", 1))),
        dtype_key=weighted(rng, (("dtype", 2), ("torch_dtype", 1), (None, 1))))


def wrong(rng, recipe):
    """A folder that has to be refused."""
    choices = ["inside", "missing", "shape", "activation"]
    if kind(recipe["model_type"]) == "encoder" or recipe["model_type"] == "gpt2":
        choices += ["pruned", "cross"]
    if recipe["model_type"] in ("albert", "distilbert", "modernbert", *grammar.DISENTANGLED):
        choices.remove("cross")
    if recipe["model_type"] == "gpt2" and recipe["task"] == "causal" and recipe["config"].get("tie_word_embeddings", True):
        choices += ["own_head"]
    return rng.choice(choices)


def build(recipe):
    import torch
    import transformers as tr

    config = dict(recipe["config"])
    relative = config.pop("position_embedding_type", None)
    if recipe["task"] in ("classes", "regression", "labels", "tokens"):
        config["num_labels"] = recipe["classes"]
    if recipe["task"] == "labels":
        config["problem_type"] = "multi_label_classification"
    name = CLASS[recipe["model_type"]]
    made = getattr(tr, name + "Config")(**config)
    if relative:
        made._attn_implementation = "eager"
    if family(recipe["model_type"]) in grammar.DECODERS and recipe["task"] != "causal" and made.pad_token_id is None:
        made.pad_token_id = 0
    torch.manual_seed(recipe["weights"])
    model = getattr(tr, name + ending(recipe))(made)
    if relative:
        relate(model, relative)
    widen(model, recipe["weights"])
    if hasattr(model, "tie_weights"):
        model.tie_weights()
    return model.eval()


def widen(model, seed):
    """Wide weights, so that a wrong activation, mask or position shows."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    done = set()
    for name, weight in model.named_parameters():
        if weight.data_ptr() in done:
            continue
        done.add(weight.data_ptr())
        noise = torch.randn(weight.shape, generator=generator)
        if weight.dim() >= 2:
            weight.data.copy_(noise * 0.35)
        else:
            weight.data.add_(noise * 0.1)
    if hasattr(model, "final_logits_bias") and seed % 2:
        model.final_logits_bias.copy_(torch.randn(model.final_logits_bias.shape, generator=generator))


def relate(model, form):
    """Distances in attention as transformers 4 has them: version 5 computes them no longer."""
    import types

    import torch

    albert = model.config.model_type == "albert"
    longest = model.config.max_position_embeddings
    for module in model.modules():
        if type(module).__name__.endswith("SelfAttention") or (albert and type(module).__name__ == "AlbertAttention"):
            module.distance_embedding = torch.nn.Embedding(2 * longest - 1, module.attention_head_size)
    embeddings = model.base_model.embeddings
    embeddings.position_embeddings.forward = types.MethodType(
        lambda self, places: self.weight.new_zeros(1), embeddings.position_embeddings)

    def attend(module, query, key, value, mask, scaling=None, dropout=0.0, **others):
        places = torch.arange(query.shape[2])
        vectors = module.distance_embedding(places[:, None] - places[None] + longest - 1)
        distances = torch.einsum("bhld,lrd->bhlr", query, vectors)
        if form == "relative_key_query":
            distances = distances + torch.einsum("bhrd,lrd->bhlr", key, vectors)
        products = query @ key.transpose(2, 3)
        scores = products * scaling + distances if albert else (products + distances) * scaling
        if mask is not None:
            scores = scores + mask
        weights = torch.softmax(scores, -1)
        return (weights @ value).transpose(1, 2).contiguous(), weights

    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, eager_mask
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    name = "distances"
    ALL_ATTENTION_FUNCTIONS.register(name, attend)
    ALL_MASK_ATTENTION_FUNCTIONS.register(name, eager_mask)
    model.config._attn_implementation = name


def tensors(fed):
    import torch

    return {name: torch.tensor(values) for name, values in fed.items()}


def run(model, recipe, rows, labels):
    """(logits, loss) of the batch."""
    import torch
    from torch.nn import functional

    task = recipe["task"]
    fed = tensors(rows.feed())
    if task == "answers":
        starts, ends = torch.tensor(labels).unbind(1)
        return None, model(**fed, start_positions=starts, end_positions=ends, return_dict=True).loss
    if task == "seq2seq":
        out = model(**fed, labels=torch.tensor(labels), return_dict=True)
        return out.logits, out.loss
    logits = model(**fed, return_dict=True).logits
    if task == "regression":
        return logits, ((logits[:, 0] - torch.tensor(labels)) ** 2).mean()
    if task == "labels":
        return logits, functional.binary_cross_entropy_with_logits(logits, torch.tensor(labels))
    target = torch.tensor(labels)
    if task == "causal":
        return logits, functional.cross_entropy(logits[:, :-1].flatten(0, 1), target[:, 1:].flatten(), ignore_index=-100)
    return logits, functional.cross_entropy(logits.flatten(0, -2), target.flatten(), ignore_index=-100)


def steps(model, recipe, rows, labels):
    """Loss and norm before each of some updates of plain gradient descent."""
    import torch

    weights = [weight for weight in model.parameters() if weight.requires_grad]
    found = []
    for _ in range(STEPS):
        model.zero_grad()
        _, loss = run(model, recipe, rows, labels)
        loss.backward()
        norm = torch.sqrt(sum((weight.grad.double() ** 2).sum() for weight in weights if weight.grad is not None))
        found.append(dict(loss=float(loss), grad_norm=float(norm)))
        with torch.no_grad():
            for weight in weights:
                if weight.grad is not None:
                    weight -= RATE * weight.grad
    return found


def repeatable_steps(model, recipe, rows, labels):
    """Steps, or None where float32 does not decide them: the last bit of the weights moves them."""
    import torch

    before = {name: value.clone() for name, value in model.state_dict().items()}
    torch.manual_seed(recipe["weights"])
    with torch.no_grad():
        for weight in model.parameters():
            weight *= 1 + 6e-8 * torch.randint(-1, 2, weight.shape)
    others = steps(model, recipe, rows, labels)
    model.load_state_dict(before)
    found = steps(model, recipe, rows, labels)
    return found if grammar.are_near(found, others) else None


def save(model, recipe, path):
    """The folder, with the habits that were drawn."""
    import torch
    from safetensors.torch import load_file, save_file

    how = recipe["folder"]
    saved = copy.deepcopy(model.base_model if recipe["new_head"] else model)
    if how["half"]:
        saved.to(getattr(torch, how["half"]))  # a copy, since it rounds the frequencies of rotary positions too, which no file holds
    saved.save_pretrained(path, max_shard_size="4KB" if how["shards"] and not recipe["wrong"] else "1GB")
    edit_configuration(path / "config.json", recipe)
    single = path / "model.safetensors"
    if single.exists():
        held = load_file(single)
        edit_weights(held, model, recipe)
        save_file(held, single, metadata={"format": "pt"})


def edit_configuration(file, recipe):
    how, wrong = recipe["folder"], recipe["wrong"]
    config = json.loads(file.read_text())
    relative = recipe["config"].get("position_embedding_type")
    if relative:
        config["position_embedding_type"] = relative
    for key in how["keys"]:
        config[key] = True if key == "output_attentions" else 3
    if how["version"] and family(recipe["model_type"]) not in ("t5", "bart"):
        config["transformers_version"] = how["version"]
    if how.get("old_rope") and recipe["model_type"] == "modernbert":
        old_modernbert(config, recipe)
    elif how.get("old_rope"):
        rope = config.pop("rope_parameters")
        neox = recipe["model_type"] == "gpt_neox"
        config["rotary_emb_base" if neox else "rope_theta"] = rope.pop("rope_theta")
        if neox:
            config["rotary_pct"] = rope.pop("partial_rotary_factor")
        word = "type" if recipe["weights"] % 2 else "rope_type"
        rope[word] = rope.pop("rope_type")
        config["rope_scaling"] = None if rope[word] == "default" else rope
    if how["dtype_key"] != "dtype":
        dtype = config.pop("dtype", None)
        if how["dtype_key"]:
            config[how["dtype_key"]] = dtype
    if wrong == "pruned":
        config["pruned_heads"] = {"0": [0]}
    elif wrong == "cross":
        config.update(add_cross_attention=True, is_decoder=True)
    elif wrong == "activation":
        at = recipe["model_type"]
        key = grammar.ACTIVATION_KEY.get(at, "dense_act_fn" if family(at) == "t5" else "hidden_act")
        config[key] = recipe["weights"] % 2 and "prelu" or "not_there"
    file.write_text(json.dumps(config))


def old_modernbert(config, recipe):
    """Keys of transformers 4, where it has some for the same model."""
    kinds = config["rope_parameters"]
    if all(rope["rope_type"] == "default" for rope in kinds.values()):
        del config["rope_parameters"]
        config.update(global_rope_theta=kinds["full_attention"]["rope_theta"], local_rope_theta=kinds["sliding_attention"]["rope_theta"])
    if "layer_types" not in recipe["config"]:
        del config["layer_types"]
        config["global_attn_every_n_layers"] = recipe["config"].get("global_attn_every_n_layers", 3)
    config.update(position_embedding_type="absolute", reference_compile=None, repad_logits_with_grad=False)


def edit_weights(held, model, recipe):
    import torch

    how, wrong = recipe["folder"], recipe["wrong"]
    base = model.base_model_prefix
    named = any(name.startswith(base + ".") for name in held)
    first = base + "." if named else ""
    if how["gamma"]:
        for name in [name for name in held if re.search(r"(?i)layer_?norm\.(weight|bias)$", name)]:
            held[re.sub(r"weight$", "gamma", re.sub(r"bias$", "beta", name))] = held.pop(name)
    if how["buffers"] and kind(recipe["model_type"]) == "encoder" and recipe["model_type"] != "modernbert":
        held[first + "embeddings.position_ids"] = torch.arange(recipe["config"]["max_position_embeddings"])[None]
    if how["buffers"] and recipe["model_type"] in grammar.DISENTANGLED and not recipe["config"]["position_biased_input"]:
        held[first + "embeddings.position_embeddings.weight"] = torch.randn(recipe["config"]["max_position_embeddings"], recipe["config"].get("embedding_size", model.config.hidden_size))
    if how["buffers"] and family(recipe["model_type"]) == "llama":
        held[first + "layers.0.self_attn.rotary_emb.inv_freq"] = torch.ones(2)
    if how["buffers"] and recipe["model_type"] == "gpt_neox":
        held[first + "layers.0.attention.bias"] = torch.ones(1, 1, 8, 8).tril()
        held[first + "layers.0.attention.masked_bias"] = torch.tensor(-1e9)
        held[first + "layers.0.attention.rotary_emb.inv_freq"] = torch.ones(2)
    if how["buffers"] and recipe["model_type"] == "gpt2":
        held[first + "h.0.attn.bias"] = torch.ones(1, 1, 8, 8).tril()
        held[first + "h.0.attn.masked_bias"] = torch.tensor(-1e4)
    if family(recipe["model_type"]) == "bart":
        if "final_logits_bias" in held and recipe["weights"] % 4 == 0 and not model.final_logits_bias.any():
            held.pop("final_logits_bias")
        if how["tied_copies"]:
            copies = [first + "encoder.embed_tokens.weight", first + "decoder.embed_tokens.weight"]
            for name in copies + ["lm_head.weight"] * (recipe["task"] == "seq2seq"):
                held[name] = held[first + "shared.weight"].clone()
            if recipe["weights"] % 3 == 0:
                held.pop(first + "shared.weight")
    if how["tied_copies"] and family(recipe["model_type"]) == "t5":
        held["encoder.embed_tokens.weight"] = held["shared.weight"].clone()
    ties = recipe["config"].get("tie_word_embeddings", recipe["model_type"] == "gpt2")
    if how["tied_copies"] and recipe["task"] == "causal" and ties and named:
        words = {"gpt2": "wte.weight", "gpt_neox": "embed_in.weight"}.get(recipe["model_type"], "embed_tokens.weight")
        held["embed_out.weight" if recipe["model_type"] == "gpt_neox" else "lm_head.weight"] = held[first + words].clone()
    if how["outside"]:
        held["my_own_head.weight"] = torch.zeros(3, 3)
    inner = {"gpt2": "h.0.extra.weight", "llama": "layers.0.extra.weight", "modernbert": "layers.0.extra.weight", "gpt_neox": "layers.0.extra.weight",
             "t5": "encoder.block.0.extra.weight", "bart": "encoder.layers.0.extra.weight"}.get(family(recipe["model_type"]), "encoder.extra.weight")
    some = sorted(name for name in held if name.startswith(first) and held[name].dim() == 2 and held[name].is_floating_point()
                  and "pooler" not in name and re.search(r"\d", name))
    if wrong == "inside":
        held[first + inner] = torch.zeros(2, 2)
    elif wrong == "missing":
        held.pop(some[recipe["weights"] % len(some)])
    elif wrong == "shape":
        name = some[recipe["weights"] % len(some)]
        held[name] = held[name][:-1].clone()
    elif wrong == "own_head":
        held["lm_head.weight"] = held[first + "wte.weight"].roll(1, 0)


def tr_version():
    import transformers as tr

    return tr.__version__


class Questions(Rows):
    """Each row is a question and a context, in words that a tokenizer of one word for each id divides."""

    def __init__(self, recipe):
        super().__init__(recipe)
        self.asked = [(row[:1 + len(row) // 3], row[1 + len(row) // 3:]) for row in self.ids]
        self.ids = [[0, *question, 2, 2, *context, 2] for question, context in self.asked]
        self.width = max(map(len, self.ids))

    def write(self, path):
        from tokenizers import Tokenizer, models, pre_tokenizers, processors

        word = lambda number: f"<{number}>"
        made = Tokenizer(models.WordLevel({word(number): number for number in range(self.vocabulary)}, unk_token=word(4)))
        made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        made.post_processor = processors.TemplateProcessing(single="<0> $A <2>", pair="<0> $A <2> <2> $B <2>", special_tokens=[("<0>", 0), ("<2>", 2)])
        (path / "model").mkdir(exist_ok=True)
        made.save(str(path / "model/tokenizer.json"))
        (path / "model/tokenizer_config.json").write_text(json.dumps(dict(
            tokenizer_class="PreTrainedTokenizerFast", model_input_names=["input_ids", "attention_mask"], cls_token="<0>", sep_token="<2>",
            pad_token=word(self.pad), unk_token="<4>")))
        labels, paragraphs = [], []
        for number, (question, context) in enumerate(self.asked):
            begin = self.rng.randrange(len(context))
            end = self.rng.randrange(begin, len(context))
            words = [word(token) for token in context]
            start = sum(len(one) + 1 for one in words[:begin])
            labels.append([len(question) + 3 + begin, len(question) + 3 + end])
            answer = dict(text=" ".join(words[begin:end + 1]), answer_start=start)
            paragraphs.append(dict(context=" ".join(words), qas=[dict(id=str(number), question=" ".join(map(word, question)), answers=[answer])]))
        (path / "in.json").write_text(json.dumps(dict(version="1.1", data=[dict(title="made up", paragraphs=paragraphs)])))
        return labels


def make(recipe, path):
    case = made(recipe, path)
    if recipe["task"] == "answers":
        for run in case["runs"]:
            run["arguments"] = [argument.replace("@/in.jsonl", "@/in.json") for argument in run["arguments"]]
    return case


def made(recipe, path):
    questions = recipe["task"] == "answers"
    rows = (Questions if questions else Rows)(recipe)
    model = build(recipe)
    if recipe["folder"]["half"]:
        import torch

        for weight in model.parameters():
            weight.data.copy_(weight.data.to(getattr(torch, recipe["folder"]["half"])).float())
        if hasattr(model, "final_logits_bias"):
            model.final_logits_bias.copy_(model.final_logits_bias.to(getattr(torch, recipe["folder"]["half"])))
    labels, lines = (rows.write(path), []) if questions else rows.labels(recipe["task"], recipe["classes"])
    written = [] if questions else rows.written_rows()
    with open(path / "in.jsonl", "w") as file:
        for row, line in zip(written, lines):
            file.write(json.dumps({**row, **line}) + "\n")
    save(model, recipe, path / "model")
    import torch

    with torch.no_grad():
        logits, loss = run(model, recipe, rows, labels)
    case = dict(runs=[], keep=dict(loss=float(loss)))
    asks = "@/run" if recipe["new_head"] else "@/model"
    predicts = recipe["task"] in ("classes", "regression", "labels", "tokens")
    if recipe["new_head"]:
        case["runs"].append(dict(arguments=training(recipe), expect={}))
    elif predicts:
        case["runs"].append(dict(arguments=["predict", "--model", "@/model", "--file", "@/in.jsonl"], expect=dict(logits=shown(logits, rows, recipe, written))))
    if not recipe["new_head"]:
        case["runs"].append(dict(arguments=["evaluate", "--json", "--model", "@/model", "--file", "@/in.jsonl"],
                                 expect=dict(metrics=dict(loss=float(loss)))))
    if recipe["wrong"]:
        case["runs"] = case["runs"][:1]
        if recipe["wrong"] == "own_head" and int((recipe["folder"]["version"] or tr_version()).split(".")[0]) >= 5:
            # Transformers 5 uses a head that differs, transformers 4 overwrites it.
            import transformers as tr

            with torch.no_grad():
                case["keep"]["loss"] = float(run(tr.GPT2LMHeadModel.from_pretrained(path / "model").eval(), recipe, rows, labels)[1])
            case["runs"][0]["expect"] = dict(metrics=dict(loss=case["keep"]["loss"]))
        else:
            case["runs"][0]["expect"] = dict(refused=True)
        return case
    found = repeatable_steps(model, recipe, rows, labels) if recipe["trains"] and not recipe["new_head"] else None
    if found or recipe["trains"] and recipe["new_head"]:
        if not recipe["new_head"]:
            case["runs"].append(dict(arguments=training(recipe), expect=dict(steps=found, tolerance=5e-4)))
        case["runs"].append(dict(arguments=["export", "@/run", "--format", "huggingface", "--output-dir", "@/back"], expect={}))
        if predicts:
            case["runs"].append(dict(arguments=["predict", "--model", "@/run", "--file", "@/in.jsonl", "--output-file", "@/after.jsonl"], expect={}))
        else:
            case["runs"].append(dict(arguments=["evaluate", "--json", "--model", "@/back", "--file", "@/in.jsonl"], expect={}))
    return case


def training(recipe):
    head = {"classes": "classification", "tokens": "token-classification", "masked": "masked-lm", "regression": "regression", "answers": "question-answering"}
    arguments = ["train", "--model", "@/model", "--train-file", "@/in.jsonl", "--output-dir", "@/run", "--max-steps", str(STEPS),
                 "--train-batch-size", "32", "--shuffle", "off", "--dropout", "off", "--optimizer", "sgd", "--learning-rate", str(RATE),
                 "--lr-scheduler", "constant", "--clip-mode", "none", "--report", "none"]
    return arguments + (["--head", head[recipe["task"]]] if recipe["new_head"] else [])


def shown(logits, rows, recipe, written):
    """As predict writes them: of tokens those of the row."""
    if recipe["task"] != "tokens":
        return logits.tolist()
    out = []
    for number, row in enumerate(logits.tolist()):
        width = len(written[number]["input_ids"])
        out.append(row[-width:] if rows.left else row[:width])
    return out


def check_back(case, path):
    import torch
    import transformers as tr

    recipe = case["recipe"]
    if not (path / "back").exists():
        return None
    name = CLASS[recipe["model_type"]] + ending(recipe)
    described = json.loads((path / "back/config.json").read_text())
    if described["architectures"] != [name] or described["model_type"] != recipe["model_type"]:
        return f"config.json says {described['architectures']} of {described['model_type']}, right is {name}"
    model, info = getattr(tr, name).from_pretrained(path / "back", output_loading_info=True, dtype=torch.float32)
    unread = [key for key in info["unexpected_keys"] if "distance_embedding" not in key]
    if info["missing_keys"] or unread or info["mismatched_keys"]:
        return f"missing {sorted(info['missing_keys'])}, unexpected {sorted(unread)}, mismatched {info['mismatched_keys']}"
    rows = Rows(recipe)
    if recipe["config"].get("position_embedding_type"):
        from safetensors.torch import load_file

        relate(model, recipe["config"]["position_embedding_type"])
        model.load_state_dict(load_file(path / "back/model.safetensors"), strict=False)
    if (path / "after.jsonl").exists():
        with torch.no_grad():
            logits = model.eval()(**tensors(rows.feed()), return_dict=True).logits
        found = [json.loads(line)["logits"] for line in (path / "after.jsonl").read_text().splitlines()]
        right = shown(logits, rows, recipe, rows.written_rows())
        worst = max(abs(a - b) / (1 + abs(a)) for a, b in zip(flat(right), flat(found)))
        if worst > 1e-4:
            return f"logits differ by {worst:.2e} of themselves"
    return None


def flat(values):
    if isinstance(values, (list, tuple)):
        return [number for value in values for number in flat(value)]
    return [values]
