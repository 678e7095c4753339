package dev.belay.graph.gradient.audit;

import java.util.*;

class GradientAudit {
  public static void main(String[] args) throws Exception {
    System.setOut(new java.io.PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true));
    Map<Trial.Outcome, Integer> counts = new TreeMap<>();
    int from = args.length == 1 && args[0].matches("\\d+") ? Integer.parseInt(args[0]) : 0;
    Set<String> ops = from == 0 && args.length > 0 && !args[0].equals("0") ? Set.of(args) : null;
    List<Combination> all = Catalogue.read().stream().filter(c -> ops == null || ops.contains(c.op())).toList();
    long t = System.currentTimeMillis();
    for (Combination c : all.subList(from, all.size())) {
      System.out.print(from++ + "\t");
      Trial.Verdict v = Trial.of(c);
      counts.merge(v.outcome(), 1, Integer::sum);
      System.out.println(v.outcome() + "\t" + c + "\t" + v.note());
    }
    System.out.println(counts + " " + (System.currentTimeMillis() - t) + " ms");
  }
}
