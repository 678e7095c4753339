package dev.belay.train.tokenize.regex;

import java.util.List;

/** A part of a regular expression, as far as it says how a matcher may wander. */
sealed interface RegexNode {

  /** Whether it matches nothing at all too. */
  boolean isNullable();

  /** Whether some part of it repeats without end. */
  boolean isEndless();

  /** One code point. */
  record Letter(CharacterSet set) implements RegexNode {
    @Override
    public boolean isNullable() {
      return false;
    }

    @Override
    public boolean isEndless() {
      return false;
    }
  }

  /** One part after the other. */
  record Sequence(List<RegexNode> parts) implements RegexNode {
    @Override
    public boolean isNullable() {
      return parts.stream().allMatch(RegexNode::isNullable);
    }

    @Override
    public boolean isEndless() {
      return parts.stream().anyMatch(RegexNode::isEndless);
    }
  }

  /** One of several. */
  record Choice(List<RegexNode> parts) implements RegexNode {
    @Override
    public boolean isNullable() {
      return parts.stream().anyMatch(RegexNode::isNullable);
    }

    @Override
    public boolean isEndless() {
      return parts.stream().anyMatch(RegexNode::isEndless);
    }
  }

  /**
   * A part several times.
   *
   * @param most {@link #ENDLESS} for no bound
   */
  record Repeat(RegexNode part, int least, int most) implements RegexNode {
    static final int ENDLESS = -1;

    @Override
    public boolean isNullable() {
      return least == 0 || part.isNullable();
    }

    @Override
    public boolean isEndless() {
      return most == ENDLESS || part.isEndless();
    }
  }

  /** A condition on a position: an anchor, or the text before or after it. */
  record Condition(List<RegexNode> ahead) implements RegexNode {
    @Override
    public boolean isNullable() {
      return true;
    }

    @Override
    public boolean isEndless() {
      return ahead.stream().anyMatch(RegexNode::isEndless);
    }
  }
}
