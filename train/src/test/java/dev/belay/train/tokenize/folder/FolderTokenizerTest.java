package dev.belay.train.tokenize.folder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.belay.train.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FolderTokenizerTest {
  private static final String SETTINGS = "tokenizer_config.json";
  private static final String WORDS = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nmovie\n";

  private static final String PLAIN =
      """
      {"version": "1.0", "added_tokens": [], "normalizer": {"type": "BertNormalizer",
       "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true,
       "use_regex": true}, "model": {"type": "WordLevel", "unk_token": "u", "vocab": {"u": 0}}}
      """;

  @TempDir Path folder;

  private void write(String file, String text) throws IOException {
    Files.writeString(folder.resolve(file), text.replace('\'', '"'));
  }

  private TokenizerFiles files() {
    for (TokenizerFiles.Kind kind : TokenizerFiles.Kind.values()) {
      Path definition = folder.resolve(kind.fileName());
      if (Files.exists(definition)) {
        Path settings = folder.resolve(SETTINGS);
        return new TokenizerFiles(
            definition, kind, Optional.of(settings).filter(Files::isRegularFile));
      }
    }
    throw new IllegalStateException("no definition");
  }

  private FolderTokenizer read() {
    return FolderTokenizer.read(files(), Optional.empty());
  }

  private String refusal() {
    return assertThrows(DataException.class, this::read).getMessage();
  }

  /** Each names the file, the key, what was found, and what to do. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{'tokenizer_class': 'BertJapaneseTokenizer'}; tokenizer_class: expected a tokenizer of"
            + " WordPiece, BPE or Unigram; found BertJapaneseTokenizer",
        "{'tokenizer_class': 'TransfoXLTokenizer'}; tokenizer_class: expected; found TransfoXL",
        "{'auto_map': {'AutoTokenizer': ['my.Slow', 'my.Fast']}}; auto_map.AutoTokenizer:;"
            + " runs no Python",
        "{'padding_side': 'left'}; padding_side: expected right; found left",
        "{'truncation_side': 'up'}; truncation_side: expected left or right; found up",
        "{'init_inputs': ['a']}; init_inputs:; as PreTrainedTokenizerFast",
        "{'vocab_file': '/other/vocab.txt'}; vocab_file: expected no path; remove the key",
        "{'do_lower_case': 'yes'}; do_lower_case: expected true or false; found \"yes\"",
        "{'cls_token': null}; cls_token: expected a token; name the token",
        "{'split_special_tokens': true, 'added_tokens_decoder': {'0': {'content': '[PAD]'}}};"
            + " split_special_tokens: expected false; column input_ids",
        "{'tokenizer_class': 'RobertaTokenizer'}; RobertaTokenizer is not made of vocab.txt;"
            + " vocab.json with merges.txt, or tokenizer.json",
        "{'tokenizer_class': 'LlamaTokenizer'}; LlamaTokenizer is not made of vocab.txt;"
            + " with the packages sentencepiece and protobuf",
        "{'tokenizer_class': 'AlbertTokenizer'}; AlbertTokenizer is not made of vocab.txt;"
            + " with the packages sentencepiece and protobuf"
      })
  void whatCannotBeHeededIsRefused(String settings, String what, String found) throws IOException {
    write("vocab.txt", WORDS);
    write(SETTINGS, settings);
    String message = refusal();
    assertTrue(message.contains(what.strip()), message);
    assertTrue(message.contains(found.strip()), message);
    assertTrue(message.startsWith(folder.toString()), message);
  }

  @Test
  void addedTokensHaveTheIdsThatPythonGivesThem() throws IOException {
    write("vocab.txt", WORDS);
    write("added_tokens.json", "{'<a>': 7, '<b>': 9}");
    assertEquals(
        folder.resolve("added_tokens.json")
            + ": <b>: expected the id 8, found 9; Python refuses it too: load the tokenizer that"
            + " wrote it and save it again",
        refusal());
  }

  @Test
  void aClassThatSetsAPartNeedsIt() throws IOException {
    write(
        "tokenizer.json", PLAIN.replaceAll("(?s)\"normalizer\": \\{.*?\\}", "'normalizer': null"));
    write(SETTINGS, "{'tokenizer_class': 'BertTokenizerFast'}");
    String message = refusal();
    assertTrue(message.contains("normalizer: expected one, since BertTokenizer sets it"), message);
  }

  @Test
  void versionsThatDifferAreSaid() throws IOException {
    write("tokenizer.json", PLAIN);
    write("config.json", "{'transformers_version': '4.50.0', 'model_type': 'modernbert'}");
    String message = refusal();
    assertTrue(message.contains("add_prefix_space: expected true, as tokenizer.json has"), message);
    write("config.json", "{'transformers_version': '4.26.1', 'model_type': 'modernbert'}");
    assertTrue(read().json().at("/pre_tokenizer/add_prefix_space").asBoolean());
  }

  @Test
  void nobodySaysWhoseVocabJsonIs() throws IOException {
    write("vocab.json", "{'a': 0}");
    write("merges.txt", "#version: 0.2\n");
    assertTrue(refusal().contains("write {\"tokenizer_class\": \"GPT2Tokenizer\"} or"), refusal());
    write("config.json", "{'model_type': 'gpt2'}");
    assertEquals("BPE", read().json().at("/model/type").asText());
  }

  /** transformers 5.20 adds bos_token, then eos_token, but not the equal text of unk_token. */
  @Test
  void aTokenWithSeveralNamesHasTheFlagsThatPythonGivesIt() throws IOException {
    write("vocab.json", "{'<|endoftext|>': 0, 'a': 1}");
    write("merges.txt", "#version: 0.2\n");
    write("config.json", "{'model_type': 'gpt2', 'transformers_version': '5.20.2'}");
    write(
        SETTINGS,
        """
        {'tokenizer_class': 'GPT2Tokenizer', 'bos_token': '<|endoftext|>', 'eos_token': {
         '__type': 'AddedToken', 'content': '<|endoftext|>', 'single_word': true}}
        """);
    JsonNode added = read().json().at("/added_tokens");
    assertEquals(1, added.size());
    assertTrue(added.at("/0/single_word").asBoolean(), added.toString());
  }

  @Test
  void theWriterOfAFolderDecidesWhichVersionIsFollowed() throws IOException {
    write("tokenizer.json", PLAIN);
    write(SETTINGS, "{'tokenizer_class': 'PreTrainedTokenizerFast'}");
    write("config.json", "{'transformers_version': '4.26.1'}");
    assertTrue(read().types(), "version 4 gives types");
    write("config.json", "{'transformers_version': '5.0.0'}");
    assertFalse(read().types(), "version 5 does not");
    write("config.json", "{'transformers_version': '4.26.1'}");
    write(SETTINGS, "{'tokenizer_class': 'PreTrainedTokenizerFast', 'backend': 'tokenizers'}");
    assertFalse(read().types(), "only version 5 writes backend");
  }

  @Test
  void whatWasDecidedGoesIntoAnExport() throws IOException {
    write("vocab.txt", WORDS + "The\nMovie\n");
    write("config.json", "{'model_type': 'distilbert', 'transformers_version': '5.1.0'}");
    write(SETTINGS, "{'model_max_length': 512}");
    Map<String, byte[]> exported = TokenizerExport.files(files());
    JsonNode settings = new ObjectMapper().readTree(exported.get(SETTINGS));
    assertEquals(
        new ObjectMapper()
            .readTree(
                """
                {"model_max_length": 512, "do_lower_case": false,
                 "tokenizer_class": "BertTokenizer", "transformers_version": "5.1.0"}
                """),
        settings);
    FolderTokenizer before = read();
    Files.delete(folder.resolve("config.json"));
    Files.write(folder.resolve(SETTINGS), exported.get(SETTINGS));
    FolderTokenizer after = read();
    assertEquals(before.json(), after.json());
    assertEquals(before.types(), after.types());
    assertEquals(Map.of(), after.decided());
  }
}
