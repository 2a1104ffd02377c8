using System.Security.Cryptography;
using CodeSign.Appliance.Store.Audit;

namespace CodeSign.Store.Tests;

[TestClass]
public sealed class MerkleTreeTests
{
    // The leaves and roots of Certificate Transparency's own test suite (google/certificate-transparency, merkletree/merkle_tree_test.cc).
    private static readonly byte[][] Leaves =
    [
        [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43], [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        [0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
    ];

    [TestMethod]
    [DataRow(0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [DataRow(1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")]
    [DataRow(2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")]
    [DataRow(3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77")]
    [DataRow(4, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")]
    [DataRow(5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4")]
    [DataRow(6, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef")]
    [DataRow(7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c")]
    [DataRow(8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")]
    public void Has_the_roots_of_Certificate_Transparency(int size, string root)
    {
        MerkleTree tree = new();
        foreach (byte[] leaf in Leaves.Take(size))
        {
            tree.Append(HashOf(leaf));
        }

        Assert.AreEqual((ulong)size, tree.Size);
        Assert.AreEqual(root, Convert.ToHexStringLower(tree.Root()));
    }

    [TestMethod]
    public void Has_the_root_of_the_definition_at_every_size()
    {
        List<byte[]> hashes = [];
        MerkleTree tree = new();
        for (int size = 0; size < 300; size++)
        {
            Assert.AreSequenceEqual(Defined(hashes), tree.Root(), $"size {size}");
            hashes.Add(HashOf(BitConverter.GetBytes(size)));
            tree.Append(hashes[^1]);
        }
    }

    [TestMethod]
    public void Segments_appended_by_their_roots_give_the_tree_of_their_leaves()
    {
        MerkleTree byLeaf = new();
        MerkleTree bySegment = new();
        for (int i = 0; i < 3 * MerkleTree.SegmentLeaves; i++)
        {
            byLeaf.Append(HashOf(BitConverter.GetBytes(i)));
            if (byLeaf.Size % MerkleTree.SegmentLeaves == 0)
            {
                bySegment.AppendSubtree(MerkleTree.SegmentLevel, byLeaf.SegmentRoot);
                Assert.AreSequenceEqual(byLeaf.Root(), bySegment.Root());
            }
        }

        bySegment.Append(HashOf([1]));
        byLeaf.Append(HashOf([1]));
        Assert.AreSequenceEqual(byLeaf.Root(), bySegment.Root());
    }

    [TestMethod]
    public void Refuses_a_segment_behind_an_incomplete_one()
    {
        MerkleTree tree = new();
        tree.Append(HashOf([1]));
        Assert.ThrowsExactly<ArgumentException>(() => tree.AppendSubtree(MerkleTree.SegmentLevel, HashOf([2])));
    }

    [TestMethod]
    public void A_copy_goes_its_own_way()
    {
        MerkleTree tree = new();
        for (int i = 0; i < 11; i++)
        {
            tree.Append(HashOf([(byte)i]));
        }

        MerkleTree copy = new();
        copy.CopyFrom(tree);
        byte[] root = tree.Root();
        copy.Append(HashOf([99]));
        Assert.AreSequenceEqual(root, tree.Root());
        copy.CopyFrom(tree);
        Assert.AreSequenceEqual(root, copy.Root());
    }

    private static byte[] HashOf(byte[] leaf) => SHA256.HashData([0, .. leaf]);

    // RFC 6962 section 2.1, word for word: MTH over a list splits at the largest power of two below its length.
    private static byte[] Defined(List<byte[]> leafHashes)
    {
        if (leafHashes.Count <= 1)
        {
            return leafHashes.Count == 0 ? SHA256.HashData([]) : leafHashes[0];
        }

        int k = 1;
        while (k * 2 < leafHashes.Count)
        {
            k *= 2;
        }

        return SHA256.HashData([1, .. Defined(leafHashes[..k]), .. Defined(leafHashes[k..])]);
    }
}
