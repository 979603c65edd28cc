using Fecom.Learning.Purchase;
using Fecom.Learning.Recommend;

namespace Fecom.Training.RegisterModels;

/// <summary>Which artifacts this release reads.</summary>
internal static class ModelFormats
{
    /// <summary>Whether a version of a model can be loaded, by the format of its artifact; null is one from before the format was kept.</summary>
    public static bool CanLoad(string model, int? format) =>
        model switch
        {
            PurchaseModel.Kind => format == PurchaseModel.Format,
            Recommender.Kind => format == Recommender.Format,
            _ => true,
        };
}
